"""What the artist is told of a sound: how it looks, and which kinds of props come nearest."""

import io
import math

import numpy as np
import pytest
import torch
from any_to_3d.backend.generator.prompt import Audio, Prompt, Text, WeightedPrompt
from any_to_3d.backend.props.captions import colour_free_prompt
from any_to_3d.backend.props.class_table import CLASS_TABLE
from any_to_3d.backend.sound_hearing import heard_as, sound_picture, sounds_heard
from PIL import Image
from torch import Tensor

CPU = torch.device("cpu")
KINDS = tuple(CLASS_TABLE)


class Ears:
    """Every kind has an axis of its own; all sounds lie 0.8 along the bell's, 0.6 along the drum's."""

    def embed_text(self, texts: list[str]) -> Tensor:
        assert texts == [colour_free_prompt(kind) for kind in KINDS]
        return torch.eye(len(KINDS))

    def embed_audio(self, waveform: Tensor, sample_rate: int) -> Tensor:
        heard = torch.zeros(1, len(KINDS))
        heard[0, KINDS.index("bell")], heard[0, KINDS.index("drum")] = 8.0, 6.0
        return heard


def tone(hertz: float, seconds: float = 1.0, rate: int = 16_000) -> Audio:
    return Audio(0.5 * torch.sin(2 * math.pi * hertz * torch.arange(int(seconds * rate)) / rate), rate)


def test_the_nearest_kinds_are_told_with_their_cosines() -> None:
    told = heard_as(tone(440), Ears(), CPU)
    assert told.startswith("Heard as: bell 0.80, drum 0.60, ")
    assert told.endswith(" 0.00 (1 is the word itself).")


def test_each_sound_is_told_with_its_place_in_the_request_and_words_are_not() -> None:
    prompt = Prompt((WeightedPrompt(Text("a red car")), WeightedPrompt(tone(440))))
    (told,) = sounds_heard("j1", prompt, Ears(), CPU)
    assert (told.job_id, told.part, told.method) == ("j1", 1, "none")
    assert told.notice.startswith("Heard as: bell")
    assert max(Image.open(io.BytesIO(told.picture)).size) <= 256


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_the_picture_is_dark_at_the_pitch_of_a_tone(rate: int) -> None:
    darkness = 1 - sound_picture(tone(2_000, rate=rate))[0].numpy()
    height = len(darkness)
    row = int(np.argmax(darkness[:, 100]))
    assert row == pytest.approx(height * (1 - 2_000 / 8_000), abs=2)
    assert darkness[: height // 4, 20:-20].max() == pytest.approx(0, abs=1e-3)


def test_the_picture_of_a_very_short_sound_is_as_large_as_any() -> None:
    assert sound_picture(tone(440, seconds=0.02)).shape == sound_picture(tone(440, seconds=8)).shape
