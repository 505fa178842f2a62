"""What the built-in joint encoder hears in a sound: its picture and the kinds of props that come nearest."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..shared.messages import CutOut
from .cut_out import NO_METHOD
from .generator.prompt import Audio, Prompt
from .media import encode_picture
from .models.protocols import JointEncoder
from .models.sound_windows import resampled, trimmed
from .props.captions import colour_free_prompt
from .props.class_table import CLASS_TABLE

SHOWN_KINDS = 3
PICTURE_SIZE = (96, 256)
"""Height and width; a cut-out's sides are 256 pixels at most."""

_RATE = 16_000
_SPECTRUM = 512
_SHOWN_DECIBELS = 60.0


def sounds_heard(job_id: str, prompt: Prompt, encoder: JointEncoder, device: torch.device) -> Iterator[CutOut]:
    """For each sound of the prompt, how it looks and what it is nearest to; of the built-in encoder only.

    Another encoder knows more than these kinds, so the nearest of them would say little. Raises ValueError for a sound
    that cannot be embedded.
    """
    for number, part in enumerate(prompt.parts):
        if isinstance(part.content, Audio):
            told = heard_as(part.content, encoder, device)
            picture = encode_picture(sound_picture(part.content), max(PICTURE_SIZE))
            yield CutOut(job_id, number, picture, NO_METHOD, told)


@torch.no_grad()
def heard_as(sound: Audio, encoder: JointEncoder, device: torch.device) -> str:
    """The kinds whose plain prompts are nearest, with their cosines; errors as ``JointEncoder.embed_audio``."""
    kinds = tuple(CLASS_TABLE)
    heard = F.normalize(encoder.embed_audio(sound.waveform.to(device), sound.sample_rate).float(), dim=1)
    known = F.normalize(encoder.embed_text([colour_free_prompt(kind) for kind in kinds]).float(), dim=1)
    near = (heard @ known.T)[0].topk(SHOWN_KINDS)
    shown = [f"{kinds[kind]} {cosine:.2f}" for cosine, kind in zip(*map(Tensor.tolist, near), strict=True)]
    return f"Heard as: {', '.join(shown)} (1 is the word itself)."


def sound_picture(sound: Audio) -> Float[Tensor, "3 H W"]:
    """Loudness over time (rightwards) and pitch (upwards, to 8 kHz), dark on white, 60 dB deep, silence cut off."""
    heard = resampled(trimmed(sound.waveform.float().cpu()), sound.sample_rate, _RATE)
    heard = F.pad(heard, (0, max(0, _SPECTRUM - len(heard))))
    hop = max(1, len(heard) // PICTURE_SIZE[1])
    spectrum = torch.stft(heard, _SPECTRUM, hop, window=torch.hann_window(_SPECTRUM), return_complex=True).abs()
    decibels = 20 * (spectrum / spectrum.max()).clamp_min(1e-6).log10()
    level = (1 + decibels / _SHOWN_DECIBELS).clamp(0, 1).flip(0)
    return 1 - F.interpolate(level[None, None], PICTURE_SIZE, mode="area")[0].expand(3, -1, -1)
