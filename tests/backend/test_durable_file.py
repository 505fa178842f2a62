"""Files that are replaced whole or not at all, and checkpoints that notice when they are not what was written."""

from pathlib import Path

import pytest
from any_to_3d.backend import durable_file
from any_to_3d.backend.durable_file import replaced
from any_to_3d.backend.generator import checkpoint_seal
from safetensors.numpy import save_file


def test_a_file_is_replaced_at_the_end_and_the_side_file_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_text("old")
    with replaced(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old"
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("result", "new")]


def test_what_goes_wrong_leaves_the_old_file_and_gives_the_space_back(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_text("old")

    def write_half() -> None:
        with replaced(path) as unfinished:
            unfinished.write_text("half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("result", "old")]


def test_content_and_rename_are_flushed_to_the_disk_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(durable_file, "flush_file", lambda path: done.append(f"{path.name} {path.exists()}"))
    monkeypatch.setattr(durable_file, "flush_folder", lambda path: done.append(f"folder {(path / 'result').exists()}"))
    with replaced(tmp_path / "result") as unfinished:
        unfinished.write_text("new")
    assert done == ["result.part True", "folder True"]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "run.safetensors"
    save_file({}, path, {"run": '{"text": "\\"crc32\\":\\"x"}', checkpoint_seal.KEY: checkpoint_seal.UNSEALED})
    with path.open("ab") as file:
        file.write(bytes(range(256)) * 10)
    checkpoint_seal.seal(path)
    return path


def test_a_sealed_file_is_whole_until_any_byte_of_it_changes(sealed: Path) -> None:
    assert checkpoint_seal.is_whole(sealed)
    whole = sealed.read_bytes()
    for place in (8, 20, len(whole) // 2, len(whole) - 1):
        sealed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not checkpoint_seal.is_whole(sealed)
    sealed.write_bytes(whole[:-1])
    assert not checkpoint_seal.is_whole(sealed)
    sealed.write_bytes(whole)
    assert checkpoint_seal.is_whole(sealed)


def test_a_file_of_a_release_without_seals_is_taken_as_it_is_and_cannot_be_sealed(tmp_path: Path) -> None:
    path = tmp_path / "old.safetensors"
    save_file({}, path, {"run": "{}"})
    assert checkpoint_seal.is_whole(path)
    with pytest.raises(ValueError, match="no place for a checksum"):
        checkpoint_seal.seal(path)
