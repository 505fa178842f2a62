"""Lines that fit, without losing a letter."""

from any_to_3d.blender_addon.text_wrap import wrapped
from hypothesis import given
from hypothesis import strategies as st


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200), st.integers(1, 40))
def test_every_line_fits_and_no_letter_is_lost(text, room):
    lines = wrapped(text, lambda line: len(line) <= room)
    assert all(1 <= len(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_a_room_for_nothing_still_gives_every_letter():
    assert "".join(wrapped("abc de", lambda line: False)) == "abcde"
