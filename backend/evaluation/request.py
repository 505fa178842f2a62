"""From a case to the request that a client would send: words, an encoded picture, an encoded sound."""

import io

import numpy as np
import soundfile
from PIL import Image

from ...shared.messages import AudioPrompt, ImagePrompt, Prompt, Submit, TextPrompt, WeightedPrompt
from ..props.sounds import SAMPLE_RATE
from ..props.sounds.held_out import synthesise_held_out
from .case import Case, Part, PicturePart, SoundPart, TextPart
from .photo import picture_of


def request_of(case: Case) -> Submit:
    """The case as a request; pictures are PNG and sounds WAV files."""
    overrides = {} if case.steps_scale == 1.0 else {"steps_scale": case.steps_scale}
    return Submit(
        f"evaluate-{case.name}",
        tuple(WeightedPrompt(_prompt(part), part.weight) for part in case.parts),
        recipe=case.recipe,
        preset=case.preset,
        seed=case.seed,
        overrides=overrides,
    )


def sound_of(part: SoundPart) -> np.ndarray:
    """The held-out sound of a part, mono f32[T] at SAMPLE_RATE."""
    return synthesise_held_out(part.prop_class, np.random.default_rng(part.seed))


def _prompt(part: Part) -> Prompt:
    match part:
        case TextPart(text):
            return TextPrompt(text)
        case PicturePart():
            file = io.BytesIO()
            Image.fromarray(picture_of(part)).save(file, "PNG")
            return ImagePrompt(file.getvalue())
        case SoundPart():
            file = io.BytesIO()
            soundfile.write(file, sound_of(part), SAMPLE_RATE, format="WAV")
            return AudioPrompt(file.getvalue())
