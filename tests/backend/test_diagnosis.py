"""The checks of doctor, each with a fault made for it."""

import hashlib
import sys
from pathlib import Path

import pytest
import zmq
from any_to_3d.backend import diagnosis


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
