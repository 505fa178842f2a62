"""Lists of prompts: what is read from them, what is refused by its line, and the grid they fill."""

import re

import pytest
from any_to_3d.blender_addon.request.batch import MOST_OBJECTS, lay_out, prompts_of, read_list
from any_to_3d.blender_addon.request.submission import LARGEST_SEED


def test_d22_each_line_is_a_prompt_but_for_empty_ones_and_comments():
    assert prompts_of("a red  chair\n\n  # no\n\ta mug \r\n") == ("a red chair", "a mug")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a chair\n\n!!\n", "Line 3 ('!!') has no word"),
        ("a chair\na\x07mug", "Line 2 holds a character that cannot be printed"),
        ("x" * 1001, "Line 1 has 1001 characters; shorten it to 1000."),
        ("# nothing\n\n", "The list has no prompt."),
    ],
)
def test_d22_a_bad_line_is_named_by_its_number(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        prompts_of(text)


def test_d22_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path):
    (tmp_path / "liste ü.txt").write_text("ein Stuhl\n", "utf-8-sig")
    assert read_list(str(tmp_path / "liste ü.txt")) == "ein Stuhl\n"


def test_d22_a_file_that_is_no_text_names_the_line(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"a chair\na m\xfcg\n")
    with pytest.raises(ValueError, match=r"Line 2 of list\.txt is not text in UTF-8; save the file as UTF-8\."):
        read_list(str(tmp_path / "list.txt"))
    with pytest.raises(ValueError, match=r"lost\.txt cannot be read: No such file or directory\."):
        read_list(str(tmp_path / "lost.txt"))


def test_d22_one_seed_each_fills_nearly_a_square():
    cells = [(item.column, item.row) for item in lay_out(("a", "b", "c", "d", "e"), 0, 1)]
    assert cells == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)]


def test_d22_several_seeds_give_each_prompt_a_row():
    items = lay_out(("a", "b"), LARGEST_SEED - 2, 3)
    assert [(item.prompt, item.seed - LARGEST_SEED, item.column, item.row) for item in items] == [
        ("a", -2, 0, 0),
        ("a", -1, 1, 0),
        ("a", 0, 2, 0),
        ("b", -2, 0, 1),
        ("b", -1, 1, 1),
        ("b", 0, 2, 1),
    ]


def test_d22_too_many_objects_and_seeds_out_of_range_are_refused():
    with pytest.raises(ValueError, match=f"up to {MOST_OBJECTS} are allowed"):
        lay_out(("a",) * 251, 0, 2)
    with pytest.raises(ValueError, match="out of range"):
        lay_out(("a",), LARGEST_SEED, 2)
