"""The checks of doctor, each with a fault made for it."""

import hashlib
import sys
from pathlib import Path

import pytest
import torch
import zmq
from any_to_3d.backend import device_memory, diagnosis
from any_to_3d.backend.device_memory import DeviceMemory
from any_to_3d.backend.diagnosis import Finding
from any_to_3d.backend.generator.recipes import PRESETS
from any_to_3d.backend.memory_forecast import GIB
from any_to_3d.backend.models import precision
from any_to_3d.backend.models.precision import precision_for


def test_a_free_and_a_taken_port() -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        port = router.bind_to_random_port("tcp://127.0.0.1")
        (taken,) = diagnosis.check_port(f"tcp://127.0.0.1:{port}")
    assert (taken.level, taken.text) == ("warning", f"tcp://127.0.0.1:{port} is in use")
    (free,) = diagnosis.check_port(f"tcp://127.0.0.1:{port}")
    assert free.level == "ok"


def test_a_python_outside_the_range_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    (finding,) = diagnosis.check_python()
    assert finding.level == "problem"


def test_a_data_folder_below_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (finding,) = diagnosis.check_data_folder(tmp_path / "file" / "data")
    assert finding.level == "problem"
    assert "--data" in finding.remedy


def test_a_folder_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    (finding,) = diagnosis.check_data_folder(tmp_path / "a" / "b")
    assert finding.level == "ok"
    assert not (tmp_path / "a").exists()


def test_checksums_name_the_file_that_differs(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"good")
    (tmp_path / "bad").write_bytes(b"bad")
    sums = {"good": hashlib.sha256(b"good").hexdigest(), "bad": hashlib.sha256(b"other").hexdigest()}
    (tmp_path / "SHA256SUMS").write_text("".join(f"{value}  {name}\n" for name, value in sums.items()))
    (finding,) = diagnosis.check_sums(tmp_path)
    assert (finding.level, finding.text) == ("problem", "1 of 2 files differ, first bad")


def test_a_check_that_breaks_is_reported_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(diagnosis, "check_python", broken)
    findings = list(diagnosis.diagnose("fake", "cpu", None, tmp_path))
    assert findings[0].text == "the check itself failed: ZeroDivisionError: oh"
    assert [finding.subject for finding in findings] == ["python", "port", "data folder", "blender"]


def memory_findings(monkeypatch: pytest.MonkeyPatch, folder: Path, memory: DeviceMemory | None) -> dict[str, Finding]:
    monkeypatch.setattr(device_memory, "memory_of", lambda device: memory)
    if memory is not None:
        monkeypatch.setattr(precision, "choose_precision", lambda device: precision_for("cuda", has_bfloat16=True))
    return {finding.subject: finding for finding in diagnosis.check_memory("cpu", folder)}


def test_without_a_gpu_every_preset_of_profile_full_names_the_cards_it_wants(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = memory_findings(monkeypatch, tmp_path, None)
    card = found.pop("graphics card")
    assert (card.level, "takes about a day" in card.text) == ("warning", True)
    assert list(found) == ["precision", "memory", *(f"memory {name}" for name in PRESETS["full"])]
    assert found["memory"].text == "by the sizes of the published networks, as the folder is not complete"
    assert "fits a card of 16 GB;" in found["memory standard"].text
    assert "of 8 GB if the networks see one picture at a time and the autoencoders" in found["memory small"].text
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found["precision"].text.startswith("float32 on cpu")


def test_on_a_large_gpu_every_preset_fits_and_there_is_nothing_to_lower(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = memory_findings(monkeypatch, tmp_path, DeviceMemory(24 * GIB, 23 * GIB))
    assert found["memory paper"].text.endswith("; of 24.0 GiB here 23.0 are free: it fits")
    assert {finding.remedy for finding in found.values()} == {""}


def test_on_a_small_gpu_it_says_what_is_given_up_and_which_preset_gives_up_less(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = memory_findings(monkeypatch, tmp_path, DeviceMemory(8 * GIB, int(7.7 * GIB)))
    standard, small = found["memory standard"], found["memory small"]
    assert (standard.level, small.level) == ("ok", "ok")
    assert "networks wait in the computer's memory" in standard.text
    assert standard.remedy.endswith("close what else uses the card, or choose draft or small.")
    assert "networks wait" not in small.text.split("are free")[1]


def test_a_gpu_that_is_too_small_for_a_preset_is_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = memory_findings(monkeypatch, tmp_path, DeviceMemory(6 * GIB, 5 * GIB))
    for name in PRESETS["full"]:
        assert found[f"memory {name}"].level == "warning"
        assert "would be too much" in found[f"memory {name}"].text
        assert found[f"memory {name}"].remedy == "Close what else uses the card."


@pytest.mark.parametrize(
    ("built_for", "reason", "remedy"),
    [
        (None, "was built without CUDA", "docs/install.md"),
        ("13.0", "sees no NVIDIA GPU that works with CUDA 13.0", "driver"),
    ],
)
def test_profile_full_without_a_gpu_is_warned_of_with_the_reason(
    built_for: str | None, reason: str, remedy: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", built_for)
    card = memory_findings(monkeypatch, tmp_path, None)["graphics card"]
    assert card.level == "warning"
    assert reason in card.text
    assert remedy in card.remedy


def test_a_device_that_is_not_there_does_not_hide_what_a_preset_needs(tmp_path: Path) -> None:
    assert [f.level for f in diagnosis.check_memory("cuda:77", tmp_path)][3:] == ["ok"] * len(PRESETS["full"])
