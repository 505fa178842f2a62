"""any-to-3d models, as a person types it, against the fake hub; and what other commands say of the same folder."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, get_args

import platformdirs
import pytest
from any_to_3d.backend import __main__, catalogue, runtime
from any_to_3d.backend.commands import models
from any_to_3d.backend.diagnosis import check_weights
from any_to_3d.backend.models.default_folder import NON_COMMERCIAL, chosen_models_folder, fetch_command
from any_to_3d.backend.weights.known_models import KNOWN_MODELS, ModelName
from fake_hub import Hub, Repository
from published_files import unclip_files, weights, zero123_files


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture
def any_to_3d(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(__main__, "log_to_stderr", lambda level: None)

    def run(*arguments: str) -> Outcome:
        with pytest.raises(SystemExit) as ended:
            __main__.main(arguments)
        return Outcome(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def whole_hub(hub: Hub) -> Hub:
    hub.repositories["sd2-community/stable-diffusion-2-1-unclip"] = Repository(unclip_files())
    return hub


def test_list_shows_sources_sizes_licences_and_what_is_here(hub: Hub, any_to_3d: Command) -> None:
    any_to_3d("models", "fetch", "clip")
    done = any_to_3d("models", "list")
    assert done.status == 0
    for model in KNOWN_MODELS:
        assert f"about {model.gigabytes} GB" in done.out
        assert model.licence.name in done.out
        assert str(model.sources[0]) in done.out
    assert "NO COMMERCIAL USE" in done.out
    here = [line.split("│")[3].strip() for line in done.out.splitlines() if line.startswith("│ ") and "about" in line]
    assert here == ["yes", "no", "no", "no"]


def test_fetch_without_names_takes_what_profile_full_needs(whole_hub: Hub, any_to_3d: Command, root: Path) -> None:
    done = any_to_3d("models", "fetch")
    assert done.status == 0, done.err
    assert {path.name for path in root.iterdir() if path.is_dir()} == {"clip", "stable_unclip", "zero123"}
    assert runtime.models_root("full", None) == root
    assert any_to_3d("models", "check").status == 0


def test_the_licence_is_printed_before_anything_is_fetched(hub: Hub, any_to_3d: Command) -> None:
    done = any_to_3d("models", "fetch", "clip")
    assert done.err.startswith("clip: MIT: any use, commercial too;")


def test_a_model_that_forbids_commercial_use_is_fetched_only_by_consent(hub: Hub, any_to_3d: Command) -> None:
    done = any_to_3d("models", "fetch", "imagebind")
    assert done.status == 1
    assert "imagebind forbids commercial use (CC BY-NC-SA 4.0)" in done.err
    assert "--accept-licence" in done.err
    assert not hub.tokens
    accepted = any_to_3d("models", "fetch", "imagebind", "--accept-licence", "--from", "nielsr/imagebind-huge")
    assert "nielsr/imagebind-huge has no such repository" in accepted.err


def test_another_repository_and_revision_can_be_named(hub: Hub, any_to_3d: Command, root: Path) -> None:
    hub.repositories["me/my-zero123"] = Repository(zero123_files("cc_projection"))
    done = any_to_3d("models", "fetch", "zero123", "--from", "me/my-zero123", "--revision", "main")
    assert done.status == 0, done.err
    assert f"fetched from me/my-zero123 at {'c' * 12}" in any_to_3d("models", "check", "zero123").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clip", "zero123", "--from", "a/b"), "--from and --revision are for one model, got clip, zero123"),
        (("clip", "--from", "https://example.org/x.pth"), "allowed is a repository as owner/name"),
    ],
)
def test_unusable_sources_are_refused(hub: Hub, any_to_3d: Command, arguments: tuple[str, ...], message: str) -> None:
    done = any_to_3d("models", "fetch", *arguments)
    assert (done.status, message in done.err) == (1, True)


def mend(out: str) -> list[str]:
    """The words of the first command that a report offers, without the program's name."""
    found = re.search("any-to-3d (models fetch .*)", out)
    assert found is not None
    return shlex.split(found[1])


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), "is not what was fetched: its SHA-256 is"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is damaged or cut short"),
        (lambda path: path.write_bytes(weights(1, 400)), "bytes were fetched"),
    ],
)
def test_each_damage_is_named_with_the_command_that_mends_it(
    hub: Hub, any_to_3d: Command, tmp_path: Path, damage: Callable[[Path], None], problem: str
) -> None:
    elsewhere = tmp_path / "other place"
    any_to_3d("models", "fetch", "zero123", "--folder", str(elsewhere))
    path = elsewhere / "zero123" / "vae" / "diffusion_pytorch_model.safetensors"
    damage(path)
    checked = any_to_3d("models", "check", "zero123", "--folder", str(elsewhere))
    assert checked.status == 1
    assert f"zero123: {path} " in checked.out
    assert problem in checked.out
    assert any_to_3d(*mend(checked.out)).status == 0
    assert any_to_3d("models", "check", "zero123", "--folder", str(elsewhere)).status == 0


def test_a_model_from_another_repository_is_mended_from_there(hub: Hub, any_to_3d: Command, root: Path) -> None:
    hub.repositories["me/my-zero123"] = Repository(zero123_files("cc_projection"))
    any_to_3d("models", "fetch", "zero123", "--from", "me/my-zero123")
    (root / "zero123" / "unet" / "config.json").unlink()
    hub.asked.clear()
    assert any_to_3d(*mend(any_to_3d("models", "check", "zero123").out)).status == 0
    assert hub.asked == [("unet/config.json", "")]


def test_a_folder_copied_by_hand_works_offline(
    hub: Hub, any_to_3d: Command, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_to_3d("models", "fetch", "clip", "--folder", str(tmp_path / "elsewhere"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    shutil.copytree(tmp_path / "elsewhere" / "clip", root / "clip")
    assert "clip: whole: 7 files, as they were fetched" in any_to_3d("models", "check", "clip").out
    (root / "clip" / "manifest.json").unlink()
    done = any_to_3d("models", "check", "clip")
    assert done.status == 0
    assert "clip: complete, but copied without a manifest: only the layout could be checked" in done.out


def test_weights_that_no_manifest_lists_are_pointed_out(hub: Hub, any_to_3d: Command, root: Path) -> None:
    any_to_3d("models", "fetch", "clip")
    (root / "clip" / "model.fp16.safetensors").write_bytes(weights(3))
    done = any_to_3d("models", "check", "clip")
    assert done.status == 0
    assert f"note: {root / 'clip' / 'model.fp16.safetensors'} is not in manifest.json" in done.out


def test_an_absent_model_is_wrong_only_if_profile_full_needs_it(whole_hub: Hub, any_to_3d: Command) -> None:
    any_to_3d("models", "fetch", "clip", "stable_unclip")
    done = any_to_3d("models", "check")
    assert done.status == 1
    assert "-> fetch it with: any-to-3d models fetch zero123\n" in done.out
    assert "imagebind" not in done.out


def test_imagebind_stands_in_for_clip_once_it_is_here(whole_hub: Hub, any_to_3d: Command, root: Path) -> None:
    (root / "imagebind").mkdir(parents=True)
    assert any_to_3d("models", "fetch").status == 0
    assert not (root / "clip").exists()
    done = any_to_3d("models", "check")
    assert "imagebind: " in done.out
    assert not done.out.startswith("clip: ")
    assert mend(done.out) == ["models", "fetch", "imagebind", "--accept-licence"]
    assert [finding.subject for finding in check_weights("full", None) if finding.level == "problem"] == [
        "weights imagebind"
    ]


def test_doctor_names_the_same_commands(whole_hub: Hub, any_to_3d: Command, root: Path) -> None:
    any_to_3d("models", "fetch", "clip", "stable_unclip")
    (root / "clip" / "model.safetensors").write_bytes(weights(3))
    findings = {finding.subject: finding for finding in check_weights("full", None)}
    assert findings["weights clip"].level == "problem"
    assert findings["weights clip"].remedy == "fetch it again with: any-to-3d models fetch clip"
    assert findings["weights stable_unclip"].level == "ok"
    assert findings["weights zero123"].remedy == "fetch it with: any-to-3d models fetch zero123"


def test_path_prints_the_folder_of_the_variable_else_the_platforms(
    any_to_3d: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANY_TO_3D_MODELS", str(tmp_path))
    assert any_to_3d("models", "path").out == f"{tmp_path}\n"
    monkeypatch.delenv("ANY_TO_3D_MODELS")
    assert any_to_3d("models", "path").out == f"{platformdirs.user_data_path('any-to-3d', False) / 'models'}\n"
    assert chosen_models_folder(tmp_path / "given") == tmp_path / "given"


def test_profile_full_names_the_folder_it_misses_and_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANY_TO_3D_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(
        FileNotFoundError, match=r"networks from .*nowhere, .* no such folder; .*'any-to-3d models fetch'"
    ):
        catalogue.require_models_folder("full", None)
    catalogue.require_models_folder("builtin", None)
    (tmp_path / "nowhere").mkdir()
    catalogue.require_models_folder("full", None)


def test_the_command_knows_the_models_that_there_are() -> None:
    """The command line repeats the names, lest every command's start pays for importing them."""
    assert get_args(models.Name) == get_args(ModelName)
    assert tuple(model.name for model in KNOWN_MODELS if model.licence.forbids_commercial_use) == NON_COMMERCIAL


def test_a_command_says_only_what_is_not_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANY_TO_3D_MODELS", str(tmp_path))
    assert fetch_command("clip", tmp_path) == "any-to-3d models fetch clip"
    assert fetch_command("imagebind", tmp_path) == "any-to-3d models fetch imagebind --accept-licence"
    assert fetch_command("", Path("/a b")) == "any-to-3d models fetch --folder '/a b'"
