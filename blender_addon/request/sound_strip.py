"""The part of a sound that a strip of the sequencer plays, as a sound of its own in the .blend."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from . import prompt_sources

_LOUDEST = 32767


@dataclass(frozen=True)
class Part:
    """Seconds of a sound, from its beginning."""

    start: float
    end: float


def played_part(strip: bpy.types.Strip, scene: bpy.types.Scene) -> Part | None:
    """What a sound strip plays of its sound; None where it plays all of it. Its speed and volume are left aside."""
    skipped = _number(strip, "left_handle_offset", "frame_offset_start")
    left_out = _number(strip, "right_handle_offset", "frame_offset_end")
    if skipped <= 0 and left_out <= 0:
        return None
    a_second = scene.render.fps / scene.render.fps_base
    shown = _number(strip, "duration", "frame_final_duration")
    start = max(skipped, 0.0)
    return Part(start / a_second, (start + shown) / a_second)


def cut(sound: bpy.types.Sound, part: Part) -> bpy.types.Sound | None:
    """A new sound of the .blend, packed into it, with this part; None where this Blender was built without sound.

    Raises UnreadableFile for a sound whose file is gone.
    """
    try:
        import aud  # Blender's own, which reads every kind of sound that it plays
    except ImportError:
        return None
    source = aud.Sound(prompt_sources.sound_file(sound))  # type: ignore[call-arg]
    rate, channels = source.specs
    samples = source.limit(part.start, part.end).data()
    path = prompt_sources.place(f"{Path(sound.name).stem} {part.start:.1f}-{part.end:.1f} s.wav")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(int(channels))
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes((np.clip(samples, -1, 1) * _LOUDEST).astype("<i2").tobytes())
    made = bpy.data.sounds.load(str(path))
    made.pack()
    return made


def _number(strip: bpy.types.Strip, *names: str) -> float:
    """Of the first of these attributes that there is: 5.2 has renamed them."""
    return float(next(getattr(strip, name) for name in names if hasattr(strip, name)))
