"""Claims about prompts from what is in the .blend, and from files dropped onto the 3D view (D19).

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import importlib
import struct
import tempfile
import wave
from pathlib import Path

import bpy
from addon_in_use import PACKAGE, empty_file, install, link, raised, start
from drawn import drawn_panel

install()
start()


def _panel():
    return bpy.context.scene.any_to_3d


def _fields():
    return importlib.import_module(f"{PACKAGE}.blender_addon.properties").prompt_fields(bpy.context)


def _image(name, packed=False):
    image = bpy.data.images.new(name, 8, 8)
    image.pixels.foreach_set([1.0, 0.0, 0.0, 1.0] * 64)
    image.update()
    if packed:
        image.pack()
    return image


def _wav(folder):
    path = Path(folder) / "bell ü.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<800h", *range(800)))
    return str(path)


def test_d19_a_text_of_many_lines_is_the_prompt():
    empty_file()
    _panel().prompt = "a red"
    bpy.ops.any_to_3d.write_long_text()
    _panel().text_block.write("\n" + "very " * 300 + "\nchair")
    assert _fields().text == "a red " + "very " * 300 + "chair"
    bpy.ops.any_to_3d.take_text(name="")
    assert _fields().text == "a red"


def test_d19_pictures_of_the_file_are_sent_painted_and_packed_alike():
    empty_file()
    before = bpy.context.scene.render.image_settings.file_format
    for packed in (False, True):
        image = _image(f"a mug {packed}", packed)
        bpy.ops.any_to_3d.take_image(name=image.name)
        path = Path(_fields().image)
        assert path.read_bytes()[:4] == b"\x89PNG"
        assert path.stem.startswith("a_mug") or path.stem.startswith("a mug")
    assert bpy.context.scene.render.image_settings.file_format == before
    bpy.ops.any_to_3d.generate()
    bpy.ops.any_to_3d.wait(timeout=20)
    job = link().session.jobs[-1]
    assert job.state == "finished"
    assert len(job.cut_outs) == 1


def test_d19_a_picture_without_pixels_is_refused_in_words():
    empty_file()
    image = bpy.data.images.new("gone", 4, 4)
    image.source = "FILE"
    image.filepath = "/nowhere/gone.png"
    bpy.ops.any_to_3d.take_image(name=image.name)
    _panel().prompt = "a mug"
    message = raised(bpy.ops.any_to_3d.generate)
    assert "gone" in message
    bpy.ops.any_to_3d.clear_unusable()
    assert _panel().image_block is None
    assert _panel().prompt == "a mug"


def test_d19_a_sound_of_the_file_or_of_the_sequencer_is_a_prompt():
    empty_file()
    with tempfile.TemporaryDirectory() as folder:
        path = _wav(folder)
        sound = bpy.data.sounds.load(path)
        bpy.ops.any_to_3d.take_sound(name=sound.name)
        assert _fields().sound == path
        sound.pack()
        packed = Path(_fields().sound)
        assert packed.name == "bell ü.wav"
        assert packed.read_bytes() == Path(path).read_bytes()
        bpy.ops.any_to_3d.take_sound(name="")
        assert not _fields().sound


def test_d19_the_active_sound_strip_is_a_prompt():
    empty_file()
    editor = bpy.context.scene.sequence_editor_create()
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = bpy.context.scene
    assert not bpy.ops.any_to_3d.take_strip.poll()
    if not bpy.app.build_options.audaspace:
        return  # such a build, as the bpy modules are, makes no sound strips; windows have it
    with tempfile.TemporaryDirectory() as folder:
        strips = editor.strips if hasattr(editor, "strips") else editor.sequences
        editor.active_strip = strips.new_sound("bell", _wav(folder), 1, 1)
        bpy.ops.any_to_3d.take_strip()
        assert _panel().sound_block is not None


def test_d19_files_are_dropped_by_their_kind():
    empty_file()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder) / "ordner ä 椅子"
        folder.mkdir()
        (folder / "long.txt").write_text("a tower", encoding="utf-8")
        (folder / "a.PNG").write_bytes(b"\x89PNG")
        (folder / "mesh.obj").write_text("")
        sound = _wav(folder)
        for dropped in ("long.txt", "a.PNG", sound):
            bpy.ops.any_to_3d.drop_file(filepath=str(folder / dropped))
        fields = _fields()
        assert (fields.text, fields.image, fields.sound) == ("a tower", str(folder / "a.PNG"), sound)
        assert "allowed are" in raised(lambda: bpy.ops.any_to_3d.drop_file(filepath=str(folder / "mesh.obj")))
        assert _fields() == fields
    handler = bpy.types.ANY_TO_3D_FH_prompt
    assert {".png", ".wav", ".txt"} <= set(handler.bl_file_extensions.split(";"))


def test_d10_the_history_remembers_what_was_in_the_file():
    empty_file()
    image = _image("mug", packed=True)
    bpy.ops.any_to_3d.take_image(name=image.name)
    _panel().prompt = "a mug"
    bpy.ops.any_to_3d.generate()
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.ops.any_to_3d.take_image(name="")
    bpy.ops.any_to_3d.use_settings(request_id=bpy.context.scene.any_to_3d_history[0].request_id)
    assert _panel().image_block == image


def test_n18_the_panel_has_a_line_for_each_kind_of_prompt_that_the_backend_understands_and_no_other():
    empty_file()
    panel = importlib.import_module(f"{PACKAGE}.blender_addon.panels.prompt").PromptPanel
    assert {"prompt", "image"} <= set(drawn_panel(panel).fields)
    assert "sound" not in drawn_panel(panel).fields
    bpy.ops.any_to_3d.stop_backend()
    bpy.ops.any_to_3d.start_demo()
    bpy.ops.any_to_3d.wait(timeout=20)
    assert {"prompt", "image", "sound"} <= set(drawn_panel(panel).fields)
    bpy.ops.any_to_3d.stop_backend()
    assert {"image", "sound"}.isdisjoint(drawn_panel(panel).fields)
