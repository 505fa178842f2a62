"""A strip of the sequencer as a prompt, in a Blender that can play sounds, which the bpy modules cannot."""

import wave

import numpy as np
import pytest

_RATE = 8000

_TRIMMED_STRIP = """
scene = bpy.context.scene
if hasattr(bpy.context.workspace, 'sequencer_scene'):
    bpy.context.workspace.sequencer_scene = scene
editor = scene.sequence_editor_create()
strips = editor.strips if hasattr(editor, 'strips') else editor.sequences
strip = strips.new_sound('bell', {path!r}, 1, 1)
start, end = ('left_handle_offset', 'right_handle_offset') if hasattr(strip, 'left_handle_offset') else (
    'frame_offset_start', 'frame_offset_end')
setattr(strip, start, 30)
setattr(strip, end, 6)
editor.active_strip = strip
"""


def test_d19_of_a_trimmed_strip_the_part_that_it_plays_is_the_prompt(window, tmp_path):
    if window.ask("__import__('importlib').util.find_spec('aud') is None"):
        pytest.skip("this Blender was built without sound")
    path = tmp_path / "bell.wav"
    _silence_and_tone(path)
    window.ask(_TRIMMED_STRIP.format(path=str(path)))
    assert window.ask("list(bpy.ops.any_to_3d.take_strip())") == ["FINISHED"]
    part = tmp_path / "part.wav"
    window.ask(
        f"open({str(part)!r}, 'wb').write(bpy.context.scene.any_to_3d.sound_block.packed_file.data)",
    )
    with wave.open(str(part)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert (file.getnframes(), file.getframerate()) == (_RATE // 2, _RATE)
    assert np.abs(samples[: _RATE // 4 - 100]).max() > 5000, "the tone's second half, less its last quarter second"
    assert window.ask("bpy.context.scene.any_to_3d.sound_block.name").startswith("bell 1.2-1.8 s")


def _silence_and_tone(path):
    """A second of each."""
    time = np.arange(2 * _RATE) / _RATE
    sound = np.where(time < 1, 0, np.sin(time * 2000) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(sound.tobytes())
