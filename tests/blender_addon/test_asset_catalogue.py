"""The catalogue file: ours in it once, and everything else as it was."""

import re

import pytest
from any_to_3d.blender_addon.objects.asset_catalogue import FILE_NAME, CatalogueError, ensure_catalogue

DOORS = "11111111-2222-3333-4444-555555555555:Props/Doors:Props-Doors"
OURS = re.compile(r"^[0-9a-f-]{36}:Any to 3D:Any to 3D$", re.MULTILINE)


def test_d23_a_new_file_has_the_version_and_our_line(tmp_path):
    identifier = ensure_catalogue(tmp_path)
    lines = [line for line in (tmp_path / FILE_NAME).read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["VERSION 1", f"{identifier}:Any to 3D:Any to 3D"]
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    "text",
    [
        f"VERSION 1\n\n{DOORS}\n",
        f"# mine, größer\n\nVERSION 1\n{DOORS}",
        f"\ufeffVERSION 1\r\n{DOORS}\r\n",
        "VERSION 1\n\nwhat is this\n",
    ],
)
def test_d23_what_others_wrote_stays_to_the_byte_and_ours_comes_once(tmp_path, text):
    (tmp_path / FILE_NAME).write_bytes(text.encode())
    first, second = ensure_catalogue(tmp_path), ensure_catalogue(tmp_path)
    after = (tmp_path / FILE_NAME).read_bytes().decode()
    assert first == second
    assert after.startswith(text)
    assert len(OURS.findall(after.replace("\r\n", "\n"))) == 1


def test_d23_a_catalogue_of_our_name_that_is_there_already_is_used(tmp_path):
    text = "VERSION 1\naaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:Any to 3D:mine\n"
    (tmp_path / FILE_NAME).write_text(text)
    assert ensure_catalogue(tmp_path) == "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    assert (tmp_path / FILE_NAME).read_text() == text


def test_d23_our_catalogue_is_followed_to_where_the_artist_moved_it(tmp_path):
    identifier = ensure_catalogue(tmp_path)
    file = tmp_path / FILE_NAME
    file.write_text(file.read_text().replace(":Any to 3D:Any to 3D", ":Props/Made:Props-Made"))
    moved = file.read_text()
    assert ensure_catalogue(tmp_path) == identifier
    assert file.read_text() == moved


@pytest.mark.parametrize("data", [b"VERSION 2\n", b"", b"VERSION 1\n\xff\xfe"])
def test_d23_a_file_of_another_kind_is_left_alone_and_named(tmp_path, data):
    (tmp_path / FILE_NAME).write_bytes(data)
    with pytest.raises(CatalogueError, match="left alone"):
        ensure_catalogue(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == data


def test_d23_a_folder_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(CatalogueError, match=r"cannot be written: No such file or directory\."):
        ensure_catalogue(tmp_path / "lost")
