"""Image prompts: the object alone, where it stands in the frame, and what happens when there is none."""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from any_to_3d.backend import cut_out as module
from any_to_3d.backend.cast_shadow import without_shadow
from any_to_3d.backend.cut_out import (
    FILL,
    FRAME_SIZE,
    NO_METHOD,
    OWN_TRANSPARENCY,
    ChosenMatting,
    choose_matting,
    cut_out,
    framed,
)
from any_to_3d.backend.doubtful_cut_out import doubt_about
from any_to_3d.backend.generator.matting import foreground_mask
from any_to_3d.backend.grab_cut import GrabCut, cut_from
from any_to_3d.backend.prompt_reading import SHOWN_SIDE, read_prompt
from any_to_3d.backend.rembg_matting import find_rembg_weights
from any_to_3d.shared import messages as m
from photos import SIZE, disc, photo, png
from PIL import Image
from torch import Tensor


@dataclass
class Found:
    """A Matting that answers what it was given."""

    answer: Tensor
    name: str = "found"

    def alpha(self, pixels: Tensor) -> Tensor:
        return self.answer


def chosen(answer: Tensor) -> ChosenMatting:
    return ChosenMatting(Found(answer))


def never() -> ChosenMatting:
    raise AssertionError("no matting is needed here")


def box(mask: Tensor) -> tuple[int, int, int, int]:
    rows, columns = mask.nonzero(as_tuple=True)
    return int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1


def overlap(mask: np.ndarray, truth: np.ndarray) -> float:
    return (mask & truth).sum() / (mask | truth).sum()


def test_grabcut_finds_a_striped_object_before_a_photo_like_ground_where_the_flood_fill_does_not() -> None:
    pixels = photo()[:3]
    assert overlap(GrabCut().alpha(pixels).numpy() > 0.5, disc()) > 0.97
    assert overlap(foreground_mask(pixels).numpy(), disc()) < 0.8


def test_grabcut_leaves_out_a_line_that_touches_the_object() -> None:
    pixels = torch.ones(3, 200, 200)
    pixels[:, 60:140, 60:140] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    pixels[:, 100, 20:180] = 0.1
    assert box(GrabCut().alpha(pixels) > 0.5) == pytest.approx((60, 140, 60, 140), abs=1)


def test_grabcut_sees_the_ground_through_a_ring() -> None:
    """A blue ring before grainy beige that grows lighter: its hole is ground although the object is all around it."""
    rng = np.random.default_rng(0)
    light = np.linspace(0.7, 1.1, 200)[:, None, None]
    apart = np.hypot(*(np.mgrid[:200, :200] - 100.0))
    ring = (apart < 40) & (apart > 20)
    pixels = light * np.array([0.62, 0.55, 0.42]) + 0.02 * rng.standard_normal((200, 200, 1))
    pixels = np.where(ring[..., None], [0.1, 0.2, 0.8], pixels)
    found = GrabCut().alpha(torch.from_numpy(pixels).permute(2, 0, 1).float().clamp(0, 1)).numpy() > 0.5
    assert overlap(found, ring) > 0.97


def room() -> tuple[Tensor, np.ndarray]:
    """A blue box on a brown floor that a lamp lights before it, so that no shade of the middle is seen at the rim."""
    y, x = np.mgrid[:200, :200] / 200
    lamp = 0.25 + 0.75 * np.exp(-((x - 0.5) ** 2 + (y - 0.55) ** 2) / 0.05)
    rng = np.random.default_rng(0)
    pixels = lamp[..., None] * np.array([0.75, 0.5, 0.3]) + 0.01 * rng.standard_normal((200, 200, 3))
    box_mask = np.zeros((200, 200), bool)
    box_mask[80:130, 75:125] = True
    pixels = np.where(box_mask[..., None], [0.1, 0.2, 0.8], pixels)
    return torch.from_numpy(pixels).permute(2, 0, 1).float().clamp(0, 1), box_mask


def test_a_floor_that_grows_lighter_around_the_object_is_no_part_of_it() -> None:
    pixels, truth = room()
    rgb = (pixels.permute(1, 2, 0) * 255).round().byte().numpy()
    assert overlap(cut_from(rgb, np.ones(truth.shape, bool)), truth) < 0.5
    assert overlap(GrabCut().alpha(pixels).numpy() > 0.5, truth) > 0.97


def test_the_floor_dimmed_beside_the_object_is_its_shadow_and_taken_off() -> None:
    rgb = np.full((120, 120, 3), (200, 170, 140), np.uint8)
    truth = np.zeros((120, 120), bool)
    truth[30:80, 40:80] = True
    rgb[truth] = (20, 40, 200)
    shadow = np.zeros_like(truth)
    shadow[66:80, 80:105] = True
    rgb[shadow] = (120, 101, 83)
    assert overlap(without_shadow(rgb, truth | shadow), truth) > 0.97


def test_a_clean_cut_out_keeps_its_mask_and_an_outline_on_no_sharp_edge_raises_doubt() -> None:
    pixels, truth = room()
    rgb = (pixels.permute(1, 2, 0) * 255).round().byte().numpy()
    assert overlap(without_shadow(rgb, truth), truth) == 1
    assert doubt_about(pixels, torch.from_numpy(truth).float()) == ""
    too_large = torch.zeros(200, 200)
    too_large[50:170, 40:170] = 1.0
    told = doubt_about(pixels, too_large)
    assert told.startswith("The cut-out looks doubtful: its lower edge is soft")
    assert told.endswith("save it as PNG with transparency, or install rembg with a network.")


def test_a_doubt_is_told_before_what_stands_in_the_way_of_a_better_matting() -> None:
    alpha = torch.from_numpy(disc()).float()
    picked = ChosenMatting(Found(alpha), "No library.", lambda pixels, found: "Look at it.")
    assert cut_out(photo(), lambda: picked).notice == "Look at it. No library."


def test_grabcut_gives_the_same_mask_again_whatever_was_drawn_between() -> None:
    pixels = photo()[:3]
    once = GrabCut().alpha(pixels)
    GrabCut().alpha(torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(0)))
    assert torch.equal(GrabCut().alpha(pixels), once)


def test_grabcut_keeps_the_proportions_of_a_large_picture() -> None:
    pixels = torch.ones(3, 300, 900)
    pixels[:, 100:200, 400:700] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    top, bottom, left, right = box(GrabCut().alpha(pixels) > 0.5)
    assert [top, bottom, left, right] == pytest.approx([100, 200, 400, 700], abs=3)


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (5, 5)])
def test_grabcut_finds_nothing_in_a_picture_of_a_few_pixels(size: tuple[int, int]) -> None:
    assert not GrabCut().alpha(torch.rand(3, *size)).any()


def test_the_object_stands_in_the_middle_at_the_size_of_the_training_pictures() -> None:
    pixels = torch.full((3, 60, 90), 0.2)
    alpha = torch.zeros(60, 90)
    alpha[5:25, 50:80] = 1.0
    frame = framed(pixels, alpha)
    assert frame.shape == (3, FRAME_SIZE, FRAME_SIZE)
    top, bottom, left, right = box(frame[0] < 0.6)
    assert right - left == pytest.approx(FILL * FRAME_SIZE, abs=2)
    assert bottom - top == pytest.approx(FILL * FRAME_SIZE * 20 / 30, abs=2)
    assert [top + bottom, left + right] == pytest.approx([FRAME_SIZE, FRAME_SIZE], abs=2)
    assert torch.all(frame[:, :10] == 1)


def test_a_colour_behind_transparency_does_not_bleed_into_the_edge() -> None:
    picture = torch.zeros(4, 40, 40)
    picture[1] = 1.0  # green everywhere, and hidden
    picture[:, 10:30, 10:30] = torch.tensor([1.0, 0.0, 0.0, 1.0])[:, None, None]
    frame = cut_out(picture, never).pixels
    assert bool((frame[0] >= frame[1] - 1e-6).all())


def test_real_transparency_is_kept_and_asks_no_matting() -> None:
    picture = photo()
    picture[3] = torch.from_numpy(disc()).float()
    cut = cut_out(picture, never)
    assert (cut.method, cut.notice) == (OWN_TRANSPARENCY, "")
    top, bottom, _, _ = box(cut.pixels.min(dim=0).values < 0.9)
    assert bottom - top == pytest.approx(FILL * FRAME_SIZE, abs=8)


def test_a_few_see_through_pixels_are_no_cut_out() -> None:
    picture = photo()
    picture[3, 0, :10] = 0.0
    assert cut_out(picture, lambda: ChosenMatting(GrabCut())).method == "GrabCut"


def test_a_picture_that_is_transparent_everywhere_is_refused() -> None:
    with pytest.raises(ValueError, match="transparent everywhere; choose"):
        cut_out(torch.zeros(4, 8, 8), never)


@pytest.mark.parametrize(
    ("rows", "columns", "doubt"),
    [
        (slice(0, 2), slice(0, 2), "nothing stands out from the background"),
        (slice(0, SIZE), slice(0, SIZE), "the object would be the whole picture"),
        (slice(0, 70), slice(0, SIZE), "the object would cover most of the picture's edge"),
    ],
)
def test_a_result_that_cannot_be_an_object_leaves_the_picture_whole_and_says_so(
    rows: slice, columns: slice, doubt: str
) -> None:
    alpha = torch.zeros(SIZE, SIZE)
    alpha[rows, columns] = 1.0
    cut = cut_out(photo(), lambda: chosen(alpha))
    assert torch.equal(cut.pixels, photo()[:3])
    assert (cut.method, cut.notice) == (
        NO_METHOD,
        f"No object could be cut out ({doubt}), so the whole picture is used.",
    )


def test_an_object_at_one_edge_of_the_picture_is_believed() -> None:
    alpha = torch.zeros(SIZE, SIZE)
    alpha[40:, 20:70] = 1.0
    assert cut_out(photo(), lambda: chosen(alpha)).method == "found"


def test_a_request_is_read_part_by_part_and_shows_what_was_cut_out() -> None:
    parts = (
        m.WeightedPrompt(m.TextPrompt("a car"), 2.0),
        m.WeightedPrompt(m.ImagePrompt(png(photo())), 0.5),
    )
    read = read_prompt("j1", m.Submit("r", parts, negative="blue"), lambda: ChosenMatting(GrabCut(), "As told."))
    assert [part.weight for part in read.prompt.parts] == [2.0, 0.5]
    assert (read.prompt.text, read.prompt.negative) == ("a car", "blue")
    (shown,) = read.cut_outs
    assert (shown.job_id, shown.part, shown.method, shown.notice) == ("j1", 1, "GrabCut", "As told.")
    assert shown.picture.startswith(b"\x89PNG")
    assert len(shown.picture) < 300_000
    assert read.prompt.parts[1].content.pixels.shape == (3, FRAME_SIZE, FRAME_SIZE)
    assert SHOWN_SIDE == 256


# --- which matting --------------------------------------------------------------------------------------------------


def weights_in(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")
    return folder / name


def test_rembgs_networks_are_found_in_its_own_folders_the_best_first(tmp_path: Path) -> None:
    legacy = weights_in(tmp_path / ".u2net", "u2net.onnx")
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    found = find_rembg_weights(environment)
    assert found is not None
    assert (found.path, found.session) == (legacy, "u2net_custom")
    better = weights_in(tmp_path / "rembg" / "models" / "isnet-general-use", "isnet-general-use.onnx")
    found = find_rembg_weights(environment)
    assert found is not None
    assert (found.path, found.session) == (better, "dis_custom")


def test_a_named_folder_is_the_only_one_looked_into(tmp_path: Path) -> None:
    weights_in(tmp_path / ".u2net", "u2net.onnx")
    environment = {"XDG_DATA_HOME": str(tmp_path), "U2NET_HOME": str(tmp_path / "empty")}
    assert find_rembg_weights(environment) is None


class FakeRembg(ModuleType):
    """The part of the library's interface that is used: a session is made of a file, and answers with a mask."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__("rembg")
        self.error, self.asked = error, []

    def new_session(self, kind: str, model_path: str) -> str:
        if self.error:
            raise self.error
        self.asked.append((kind, model_path))
        return "session"

    def remove(self, picture: Image.Image, session: str, only_mask: bool) -> Image.Image:
        assert (session, only_mask) == ("session", True)
        return Image.fromarray((np.array(picture)[..., 0] > 127).astype(np.uint8) * 255)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    choose_matting.cache_clear()
    yield tmp_path
    choose_matting.cache_clear()


def test_rembg_is_chosen_where_it_and_a_network_are_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, library = weights_in(home, "u2netp.onnx"), FakeRembg()
    monkeypatch.setitem(sys.modules, "rembg", library)
    monkeypatch.setattr(module, "is_rembg_installed", lambda: True)
    picked = choose_matting()
    assert (picked.matting.name, picked.notice) == ("rembg u2netp", "")
    assert library.asked == [("u2net_custom", str(path))]
    pixels = torch.zeros(3, 8, 8)
    pixels[0, 2:6, 2:6] = 1.0
    assert torch.equal(picked.matting.alpha(pixels), pixels[0])


def test_without_a_network_there_is_nothing_to_say(home: Path) -> None:
    picked = choose_matting()
    assert (picked.matting.name, picked.notice) == ("GrabCut", "")


def test_a_network_without_the_library_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights_in(home, "u2net.onnx")
    monkeypatch.setattr(module, "is_rembg_installed", lambda: False)
    picked = choose_matting()
    assert picked.matting.name == "GrabCut"
    assert picked.notice == "u2net.onnx is there, but the library rembg is not installed."


def test_a_network_that_cannot_be_run_is_told_and_grabcut_takes_over(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = weights_in(home, "u2net.onnx")
    monkeypatch.setitem(sys.modules, "rembg", FakeRembg(RuntimeError("protobuf parsing failed")))
    monkeypatch.setattr(module, "is_rembg_installed", lambda: True)
    picked = choose_matting()
    assert picked.matting.name == "GrabCut"
    assert picked.notice == f"rembg could not be used: rembg cannot run {path} (protobuf parsing failed)."


def test_the_real_library_runs_a_given_file_without_a_network(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rembg")
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    shape = [1, 1, 320, 320]
    graph = helper.make_graph(
        [helper.make_node("ReduceMax", ["picture", "axes"], ["mask"], keepdims=1)],
        "the brightest channel",
        [helper.make_tensor_value_info("picture", 1, [1, 3, 320, 320])],
        [helper.make_tensor_value_info("mask", 1, shape)],
        [helper.make_tensor("axes", 7, [1], [1])],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), home / "u2net.onnx")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    pixels = torch.zeros(3, 64, 64)
    pixels[:, 16:48, 16:48] = 1.0
    picked = choose_matting()
    assert picked.matting.name == "rembg u2net"
    assert overlap(picked.matting.alpha(pixels).numpy() > 0.5, pixels[0].numpy() > 0.5) > 0.9
