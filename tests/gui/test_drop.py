"""A picture dragged from another program onto the 3D view."""

from drag import drop_file
from PIL import Image


def test_d19_n15_a_picture_dropped_onto_the_3d_view_is_a_prompt_at_one_more_click(connected, tmp_path):
    picture = tmp_path / "gelber Becher ü.png"
    Image.new("RGB", (64, 64), (230, 200, 20)).save(picture)
    left, top, _, bottom = connected.ask("sidebar()")
    drop_file(connected.screen, picture, left / 2, (top + bottom) / 2)
    # Blender asks what to do with it: an empty of its own, or a prompt. This is the underlined letter.
    connected.screen.press("u")
    connected.wait(f"bpy.context.scene.any_to_3d.image == {str(picture)!r}")
    assert not connected.ask("[each for each in bpy.data.objects if each.type == 'EMPTY']")
