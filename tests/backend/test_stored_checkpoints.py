"""Which states of a job are stored, read from the files' headers alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from any_to_3d.backend import stored_checkpoints
from any_to_3d.backend.engine import Stage
from any_to_3d.backend.fake_generation import FakeEngine, FakeMoment
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.stored_checkpoints import NoSuchCheckpoint, checkpoint_path, checkpoints_in, newest_first
from any_to_3d.shared.messages import CheckpointInfo
from requests_and_jobs import request


def moments() -> list[FakeMoment]:
    ran = FakeEngine(sleep=lambda seconds: None).run("j1", request(steps=4), None)
    return [moment for moment in ran if not isinstance(moment, Stage)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a job that ended two phases and was cut off in the third."""
    for moment in moments()[:10]:
        moment.save(tmp_path)
    return tmp_path


def test_ends_of_phases_stay_and_what_lay_between_is_replaced(folder: Path) -> None:
    assert checkpoints_in(folder) == (
        CheckpointInfo("coarse", "coarse", 4, 4),
        CheckpointInfo("geometry", "geometry", 4, 4),
        CheckpointInfo("checkpoint", "texture", 2, 4),
    )


def test_the_end_of_a_phase_takes_the_place_of_what_was_stored_within_it(folder: Path) -> None:
    for moment in moments()[10:]:
        moment.save(folder)
    assert [info.name for info in checkpoints_in(folder)] == ["coarse", "geometry", "texture"]


def test_the_newest_is_the_furthest(folder: Path) -> None:
    assert checkpoint_path(folder) == checkpoint_path(folder, "checkpoint") == folder / "checkpoint.safetensors"
    assert checkpoint_path(folder, "coarse") == folder / "coarse.safetensors"


@pytest.mark.parametrize("name", ["texture", "../coarse", "coarse.safetensors", "/etc/passwd", "*", "c\0"])
def test_a_name_that_is_not_there_is_refused_with_those_that_are(folder: Path, name: str) -> None:
    (folder.parent / "coarse.safetensors").write_bytes((folder / "coarse.safetensors").read_bytes())
    with pytest.raises(NoSuchCheckpoint, match="it has coarse, geometry, checkpoint"):
        checkpoint_path(folder, name)


def test_damaged_and_foreign_files_are_left_out(folder: Path) -> None:
    whole = (folder / "coarse.safetensors").read_bytes()
    (folder / "short.safetensors").write_bytes(whole[:4])
    (folder / "cut.safetensors").write_bytes(whole[:40])
    (folder / "huge.safetensors").write_bytes(b"\xff" * 16)
    (folder / "other.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "list.safetensors").write_bytes((2).to_bytes(8, "little") + b"[]")
    assert len(checkpoints_in(folder)) == 3


def test_a_job_without_a_folder_has_none(tmp_path: Path) -> None:
    assert checkpoints_in(tmp_path / "nothing") == ()
    with pytest.raises(NoSuchCheckpoint, match="no stored state to go on from"):
        checkpoint_path(tmp_path / "nothing", "coarse")


def test_the_header_is_that_of_the_generators_checkpoints() -> None:
    assert stored_checkpoints.HEADER == checkpoint.HEADER


def test_reading_needs_no_torch() -> None:
    code = "import sys, any_to_3d.backend.stored_checkpoints; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_state_that_was_cut_off_leaves_the_one_before_it(folder: Path) -> None:
    whole = (folder / "geometry.safetensors").read_bytes()
    (folder / "geometry.safetensors").write_bytes(whole + b"x")
    (folder / "checkpoint.safetensors").write_bytes((folder / "checkpoint.safetensors").read_bytes()[:-1])
    assert [info.name for info in checkpoints_in(folder)] == ["coarse"]
    assert newest_first(folder) == (folder / "coarse.safetensors",)
