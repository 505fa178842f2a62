"""The one published file that is pickled: converted when it is exactly what it should be, and never trusted."""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.models.imagebind_layout import checkpoint_shapes
from any_to_3d.backend.weights.failures import FetchFailed, NotEnoughDisk, SourceFailed
from any_to_3d.backend.weights.fetch import Fetch
from any_to_3d.backend.weights.known_models import HubRepository, PickledFile, known_model
from any_to_3d.backend.weights.pickle_conversion import convert_pickle
from any_to_3d.backend.weights.tensor_check import expected_shapes
from fake_hub import Hub, Repository
from published_files import weights
from safetensors.torch import load_file
from torch import Tensor

HEAD, SCALE = "modality_heads.text.proj.1.weight", "modality_postprocessors.text.1.log_logit_scale"
EXPECTED = {HEAD: (4, 3), SCALE: ()}
FILE = "imagebind/imagebind_huge.pth"


class RunsACommand:
    """What a hostile pickle is: an object that is made by calling something."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def state() -> dict[str, Tensor]:
    return {HEAD: torch.rand(4, 3), SCALE: torch.tensor(2.0), "modality_heads.depth.2.weight": torch.rand(4, 3)}


def pickled(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture
def fetching(root: Path) -> Fetch:
    return Fetch(known_model("imagebind"), root, lambda text: None, expected=EXPECTED)


def published(hub: Hub, content: bytes) -> PickledFile:
    hub.plain_files[FILE] = content
    return PickledFile(f"{hub.address}/{FILE}", len(content), hashlib.sha256(content).hexdigest())


def test_it_becomes_safetensors_and_the_pickle_goes(hub: Hub, fetching: Fetch) -> None:
    tensors = state()
    manifest = fetching.run((published(hub, pickled(tensors)),))
    converted = load_file(fetching.folder / "model.safetensors")
    assert set(converted) == set(EXPECTED)
    assert all(torch.equal(converted[name], tensors[name]) for name in EXPECTED)
    assert {path.name for path in fetching.folder.iterdir()} == {"model.safetensors", "manifest.json"}
    assert set(manifest.files) == {"model.safetensors"}


def test_the_token_of_the_hub_is_not_sent_to_another_server(hub: Hub, fetching: Fetch) -> None:
    fetching.run((published(hub, pickled(state())),))
    assert hub.tokens == [""]


def test_a_pickle_that_runs_something_is_refused_and_deleted(hub: Hub, fetching: Fetch, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    source = published(hub, pickled({**state(), "more": RunsACommand(marker)}))
    with pytest.raises(FetchFailed, match="is refused: it holds more than tensors"):
        fetching.run((source,))
    assert not marker.exists()
    assert not any(fetching.folder.iterdir())


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_plain_pickle_that_runs_something_is_refused(tmp_path: Path, protocol: int) -> None:
    import pickle

    marker, file = tmp_path / "it-ran", tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(RunsACommand(marker), protocol))
    with pytest.raises(SourceFailed, match="is refused"):
        convert_pickle(file, tmp_path / "model.safetensors", EXPECTED)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["weights.pth"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({HEAD: torch.rand(3, 4)}, f"{HEAD} is 3 x 4, expected 4 x 3"),
        ({HEAD: None}, f"{HEAD} is missing"),
        ({"backdoor.weight": torch.rand(2)}, "backdoor.weight is unknown"),
    ],
)
def test_every_name_and_shape_is_compared(tmp_path: Path, change: dict[str, Tensor | None], problem: str) -> None:
    tensors = {name: tensor for name, tensor in {**state(), **change}.items() if tensor is not None}
    (tmp_path / "weights.pth").write_bytes(pickled(tensors))
    with pytest.raises(SourceFailed, match=f"weights.pth is refused: {problem}"):
        convert_pickle(tmp_path / "weights.pth", tmp_path / "model.safetensors", EXPECTED)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x02.", b"\x80\x02a.", b"PK\x03\x04 nor a zip"])
def test_nonsense_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(SourceFailed, match=r"weights.pth is refused"):
        convert_pickle(tmp_path / "weights.pth", tmp_path / "model.safetensors", EXPECTED)


def test_a_repository_that_sends_another_network_is_refused(hub: Hub, fetching: Fetch) -> None:
    hub.repositories["nielsr/imagebind-huge"] = Repository({"model.safetensors": weights(0)}, commit="c" * 40)
    with pytest.raises(FetchFailed, match=f"sent another network: {HEAD} is missing"):
        fetching.run((HubRepository("nielsr/imagebind-huge"),))
    assert not any(fetching.folder.iterdir())


def test_a_list_of_tensors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(pickled([torch.rand(2)]))
    with pytest.raises(SourceFailed, match="it is not a flat table of named tensors"):
        convert_pickle(tmp_path / "weights.pth", tmp_path / "model.safetensors", EXPECTED)


def test_a_file_that_differs_from_the_published_one_is_not_even_opened(
    hub: Hub, fetching: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = published(hub, pickled(state()))
    hub.plain_files[FILE] = bytes(source.size)
    monkeypatch.setattr(torch, "load", None)
    with pytest.raises(FetchFailed, match=r"sent a wrong imagebind_huge.pth"):
        fetching.run((source,))


def test_room_is_asked_for_both_forms(hub: Hub, fetching: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    source = PickledFile(f"{hub.address}/{FILE}", 2 * 10**9, "0" * 64)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 3 * 10**9}))
    with pytest.raises(NotEnoughDisk, match=r"imagebind needs 4.0 GB more in .*, and 3.0 GB are free"):
        fetching.run((source,))


def test_a_pickle_that_is_here_already_is_converted_and_stays(tmp_path: Path, fetching: Fetch) -> None:
    file = tmp_path / "imagebind_huge.pth"
    file.write_bytes(pickled(state()))
    assert fetching.convert(file).source == str(file)
    assert file.exists()
    assert set(load_file(fetching.folder / "model.safetensors")) == set(EXPECTED)


def test_imagebind_is_compared_with_the_published_table() -> None:
    assert expected_shapes("imagebind") == checkpoint_shapes()
    assert expected_shapes("clip") is None
