"""Fetching, over a real connection to a fake hub: what is taken, resumed, refused and tried elsewhere."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from any_to_3d.backend.weights.failures import FetchFailed, NotEnoughDisk, SourceFailed
from any_to_3d.backend.weights.fetch import Fetch, new_fetch
from any_to_3d.backend.weights.inspection import inspect
from any_to_3d.backend.weights.known_models import HubRepository, known_model
from any_to_3d.backend.weights.manifest import file_sha256, read_manifest
from fake_hub import Hub, Repository
from published_files import PICKLE, clip_files, unclip_files, weights, zero123_files

CLIP = "laion/CLIP-ViT-H-14-laion2B-s32B-b79K"
ASHAWKEY, KXIC = "ashawkey/zero123-xl-diffusers", "kxic/zero123-xl"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def fetching(root: Path, said: list[str]) -> Callable[..., Fetch]:
    def make(name: str, precision: str = "half") -> Fetch:
        return new_fetch(known_model(name), root, said.append, precision)

    return make


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_the_files_that_the_loader_reads_are_fetched(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    fetch = fetching("clip")
    fetch.run(fetch.model.sources)
    assert names(fetch.folder) == {
        *("manifest.json", "README.md", "config.json", "model.safetensors"),
        *("tokenizer.json", "vocab.json", "merges.txt", "preprocessor_config.json"),
    }
    assert (fetch.folder / "model.safetensors").read_bytes() == clip_files()["model.safetensors"]


def test_the_manifest_records_source_commit_sizes_and_checksums(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    fetch = fetching("clip")
    written = fetch.run(fetch.model.sources)
    assert read_manifest(fetch.folder) == written
    assert (written.source, written.revision) == (CLIP, "1c2b8495b28150b8a4922ee1c8edee224c284c0c")
    for name, record in written.files.items():
        path = fetch.folder / name
        assert (record.size, record.sha256) == (path.stat().st_size, file_sha256(path))


@pytest.mark.parametrize(("precision", "suffix"), [("half", ".fp16"), ("full", "")])
def test_one_precision_of_each_network_is_fetched(
    hub: Hub, fetching: Callable[..., Fetch], precision: str, suffix: str
) -> None:
    hub.repositories["sd2-community/stable-diffusion-2-1-unclip"] = Repository(unclip_files())
    fetch = fetching("stable_unclip", precision)
    fetch.run(fetch.model.sources)
    fetched = names(fetch.folder)
    assert {name for name in fetched if name.endswith(".safetensors")} == {
        *(f"{name}/diffusion_pytorch_model{suffix}.safetensors" for name in ("unet", "vae", "image_normalizer")),
        f"text_encoder/model{suffix}.safetensors",
    }
    assert "LICENSE-MODEL" in fetched


def test_weights_copied_by_hand_are_not_fetched_in_the_other_precision(
    hub: Hub, fetching: Callable[..., Fetch]
) -> None:
    hub.repositories["sd2-community/stable-diffusion-2-1-unclip"] = Repository(unclip_files())
    fetch = fetching("stable_unclip")
    (fetch.folder / "unet").mkdir(parents=True)
    copied = "unet/diffusion_pytorch_model.safetensors"
    (fetch.folder / copied).write_bytes(unclip_files()[copied])
    assert copied in fetch.run(fetch.model.sources).files
    assert not hub.asked_for("unet/diffusion_pytorch_model.fp16.safetensors")


def test_a_cut_connection_is_continued_where_it_ended(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    hub.repositories[CLIP].breaks["model.safetensors"] = [7000, 5000]
    fetch = fetching("clip")
    fetch.run(fetch.model.sources)
    assert hub.asked_for("model.safetensors") == ["", "bytes=7000-", "bytes=12000-"]
    assert inspect("clip", fetch.root).state == "whole"


def test_a_later_run_goes_on_from_what_an_earlier_one_received(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    clip = hub.repositories[CLIP]
    clip.breaks["model.safetensors"], clip.is_down = [7000], True
    fetch = fetching("clip")
    fetch.folder.mkdir(parents=True)
    (fetch.folder / "config.json").write_bytes(clip.files["config.json"])
    with pytest.raises(
        FetchFailed, match=r"broke off at 7000 of \d+ bytes of model.safetensors .*the same command goes"
    ):
        fetch.run(fetch.model.sources)
    assert not (fetch.folder / "model.safetensors").exists()
    clip.is_down = False
    fetch.run(fetch.model.sources)
    assert hub.asked_for("model.safetensors")[-1] == "bytes=7000-"
    assert inspect("clip", fetch.root).state == "whole"


def test_a_part_of_another_version_is_never_continued(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    fetch = fetching("clip")
    fetch.folder.mkdir(parents=True)
    (fetch.folder / "model.safetensors.0123456789ab.part").write_bytes(b"old")
    fetch.run(fetch.model.sources)
    assert hub.asked_for("model.safetensors") == [""]
    assert not list(fetch.folder.rglob("*.part"))


def test_a_wrong_checksum_is_named_and_nothing_of_the_file_stays(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    right = clip_files()["model.safetensors"]
    hub.repositories[CLIP].sent_instead["model.safetensors"] = right[:-1] + b"!"
    fetch = fetching("clip")
    with pytest.raises(FetchFailed, match=r"sent a wrong model.safetensors: its sha256 checksum is [0-9a-f]{64}, publ"):
        fetch.run(fetch.model.sources)
    assert not [name for name in names(fetch.folder) if name.startswith("model.safetensors")]
    assert not (fetch.folder / "manifest.json").exists()


def test_small_files_are_verified_by_gits_hash(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    hub.repositories[CLIP].sent_instead["config.json"] = b'{"name": "CLIP"}'
    with pytest.raises(FetchFailed, match=r"sent a wrong config.json: its git checksum"):
        fetching("clip").run(known_model("clip").sources)


def test_mirrors_are_tried_in_order_and_each_failure_is_named(
    hub: Hub, fetching: Callable[..., Fetch], said: list[str]
) -> None:
    hub.repositories[ASHAWKEY].sent_instead["vae/diffusion_pytorch_model.safetensors"] = weights(1)[:-1] + b"!"
    files = zero123_files("cc_projection")
    hub.repositories[KXIC] = Repository(files, commit="7d8aec2223b93e84eb26893d1e732e013523474b")
    fetch = fetching("zero123")
    assert fetch.run(fetch.model.sources).source == KXIC
    assert [line.partition(":")[0] for line in said] == [
        f"zero123 from {ASHAWKEY}",
        f"{ASHAWKEY} sent a wrong vae/diffusion_pytorch_model.safetensors",
        "zero123 from bennyguo/zero123-xl-diffusers",
        "bennyguo/zero123-xl-diffusers has no such repository, or one that your token may not read",
        f"zero123 from {KXIC}",
    ]


def test_what_a_failed_source_left_does_not_mix_with_the_next_ones(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    first = hub.repositories[ASHAWKEY]
    first.sent_instead["image_encoder/model.safetensors"] = b"?" * len(weights(7))
    hub.repositories[KXIC] = Repository(
        zero123_files("cc_projection"), commit="7d8aec2223b93e84eb26893d1e732e013523474b"
    )
    fetch = fetching("zero123")
    fetch.folder.mkdir(parents=True)
    (fetch.folder / "notes.txt").write_text("mine")
    manifest = fetch.run(fetch.model.sources)
    assert hub.asked_for("clip_camera_projection/diffusion_pytorch_model.safetensors")
    assert not (fetch.folder / "clip_camera_projection").exists()
    assert names(fetch.folder) == {*manifest.files, "manifest.json", "notes.txt"}


def test_a_repository_with_only_pickled_weights_is_refused_by_name(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    del hub.repositories[CLIP].files["model.safetensors"]
    with pytest.raises(FetchFailed, match=r"lacks model.safetensors \(only pytorch_model.bin, which is pickled"):
        fetching("clip").run(known_model("clip").sources)
    assert not hub.asked


def test_too_little_disk_stops_before_anything_is_fetched(
    hub: Hub, fetching: Callable[..., Fetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 12_000_000))
    fetch = fetching("clip")
    with pytest.raises(NotEnoughDisk, match=r"clip needs 0.0 MB more in .*, and 12.0 MB are free; .*--folder"):
        fetch.run(fetch.model.sources)
    assert not hub.asked


def test_room_is_asked_only_for_what_is_missing(
    hub: Hub, fetching: Callable[..., Fetch], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = fetching("clip")
    fetch.run(fetch.model.sources)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 0))
    fetch.run(fetch.model.sources)


def test_only_a_damaged_file_is_fetched_again(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    fetch = fetching("zero123")
    fetch.run(fetch.model.sources)
    damaged = fetch.folder / "unet" / "diffusion_pytorch_model.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    hub.asked.clear()
    fetch.run(fetch.model.sources)
    assert hub.asked == [("unet/diffusion_pytorch_model.safetensors", "")]


def test_the_token_goes_to_the_hub_and_to_nobody_else(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    fetch = fetching("clip")
    fetch.run(fetch.model.sources)
    assert set(hub.tokens) == {"Bearer hf_secret"}


def test_without_a_connection_one_is_told_how_to_copy_by_hand(
    no_connection: None, fetching: Callable[..., Fetch], root: Path
) -> None:
    fetch = fetching("clip")
    with pytest.raises(FetchFailed) as raised:
        fetch.run(fetch.model.sources)
    message = str(raised.value)
    assert f"{CLIP} cannot be reached: " in message
    assert f"copy the folder to {root / 'clip'}, and run 'any-to-3d models check'" in message


def test_offline_mode_is_respected(hub: Hub, fetching: Callable[..., Fetch], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(FetchFailed, match=r"cannot be reached: .*offline mode"):
        fetching("clip").run(known_model("clip").sources)
    assert not hub.tokens


def test_a_revision_that_does_not_exist_is_named(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    with pytest.raises(FetchFailed, match=f"{CLIP} has no revision 'v9'"):
        fetching("clip").run((HubRepository(CLIP, "v9"),))


def test_a_file_that_parses_as_nothing_is_not_called_complete(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    hub.repositories[CLIP].files["model.safetensors"] = PICKLE * 100
    with pytest.raises(FetchFailed, match=r"is incomplete: .*model.safetensors is damaged"):
        fetching("clip").run(known_model("clip").sources)


def test_a_second_fetch_of_the_same_model_does_not_write_into_the_first(
    hub: Hub, fetching: Callable[..., Fetch]
) -> None:
    fetch = fetching("clip")
    with fetch._alone(), pytest.raises(FetchFailed, match=r"clip is being fetched into .* already"):
        fetch.run(fetch.model.sources)


def test_a_manifest_that_points_out_of_the_folder_is_refused(hub: Hub, fetching: Callable[..., Fetch]) -> None:
    fetch = fetching("clip")
    fetch.run(fetch.model.sources)
    path = fetch.folder / "manifest.json"
    values = json.loads(path.read_text())
    values["files"]["../../secret"] = {"size": 1, "sha256": "0" * 64}
    path.write_text(json.dumps(values))
    (damage,) = inspect("clip", fetch.root).damages
    assert "'../../secret' is not a path inside the folder" in damage.problem


def test_failures_of_sources_are_failures_of_the_fetch() -> None:
    assert issubclass(SourceFailed, FetchFailed)
    assert issubclass(NotEnoughDisk, FetchFailed)
