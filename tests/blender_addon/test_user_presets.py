"""Saved presets: what comes back, and what is refused in words."""

from pathlib import Path

import pytest
from any_to_3d.blender_addon.request.user_presets import PresetError, load, names, remove, save


def test_d18_what_was_saved_comes_back_under_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "neu ä 椅子"
    assert names(folder) == ()
    save(folder, "Hero prop", {"preset": "high", "height": 2.5, "result.takes_name": True})
    save(folder, "a quick one", {"preset": "draft"})
    assert names(folder) == ("a quick one", "Hero prop")
    assert load(folder, "Hero prop") == {"preset": "high", "height": 2.5, "result.takes_name": True}
    remove(folder, "Hero prop")
    assert names(folder) == ("a quick one",)
    remove(folder, "Hero prop")


@pytest.mark.parametrize("name", ["", "  ", "../outside", "a/b", "a\\b", "c:d", ".hidden", "x" * 61, "nul\0"])
def test_d18_a_name_that_is_no_file_name_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(PresetError, match="cannot be the name of a preset"):
        save(tmp_path, name, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[1]", '{"a": [1]}', '{"a": null}', "\ud7ff"])
def test_d18_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.json").write_text(content, encoding="utf-8")
    with pytest.raises(PresetError, match="remove it and save it again"):
        load(tmp_path, "mine")


def test_d18_a_read_only_folder_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PresetError, match="cannot be saved"):
        save(tmp_path / "file", "mine", {})
