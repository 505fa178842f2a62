"""How a sound is cut and drawn for ImageBind's audio tower."""

import math

import numpy as np
import pytest
import torch
from any_to_3d.backend.models.imagebind_sound import sound_pictures, three_clips
from any_to_3d.backend.models.mel_picture import mel_picture

SECONDS = torch.arange(2 * 16_000) / 16_000
SINE = 0.5 * torch.sin(2 * math.pi * 440 * SECONDS)


def test_a_long_sound_gives_its_start_middle_and_end() -> None:
    clips = three_clips(torch.arange(6 * 16_000, dtype=torch.float64))
    assert clips.shape == (3, 32_000)
    assert clips[:, 0].tolist() == [0.0, 32_000.0, 64_000.0]
    assert clips[2, -1].item() == 95_999.0


def test_a_short_sound_is_repeated_not_padded() -> None:
    clips = three_clips(torch.tensor([1.0, 2.0, 3.0]))
    assert clips.shape == (3, 32_000)
    assert clips[0, :6].tolist() == [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]
    assert clips.min() == 1.0


def test_15_the_picture_of_two_seconds_ends_in_six_frames_of_silence() -> None:
    picture = mel_picture(SINE)
    assert picture.shape == (128, 204)
    torch.testing.assert_close(picture[:, 198:], torch.full((128, 6), 0.467), atol=1e-3, rtol=0)
    assert (picture[:, 197] - 0.467).abs().max() > 0.1


def test_15_energies_of_a_sine_are_kaldis() -> None:
    """Logarithms of the first frame as kaldi-native-fbank 1.22 gives them, and the note where 440 Hz belongs."""
    energies = mel_picture(SINE) * 9.138 - 4.268
    expected = torch.tensor([-14.129495, -15.617757, -12.174449, -15.942385, -11.507953, -14.486737])
    torch.testing.assert_close(energies[:6, 0], expected, atol=2e-3, rtol=0)
    assert energies[:, 100].max().item() == pytest.approx(3.9088, abs=2e-3)
    mels = 1127 * np.log(1 + np.array([20, 440, 8000]) / 700)
    assert energies[:, 100].argmax().item() == pytest.approx((mels[1] - mels[0]) / (mels[2] - mels[0]) * 129 - 1, abs=1)


def test_15_a_frame_is_kaldis_by_hand() -> None:
    """Mean off, pre-emphasis, Hann window, power spectrum of 512, triangles on the mel axis, logarithm; in float64."""
    torch.manual_seed(0)
    noise = 0.1 * torch.randn(2 * 16_000)
    samples = (noise - noise.mean()).double().numpy()[160 * 7 : 160 * 7 + 400]
    samples = samples - samples.mean()
    samples = samples - 0.97 * np.concatenate([samples[:1], samples[:-1]])
    samples = samples * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399))
    power = np.abs(np.fft.rfft(samples, 512)) ** 2

    def mel(hertz: np.ndarray) -> np.ndarray:
        return 1127 * np.log(1 + hertz / 700)

    edges = np.linspace(mel(np.array(20.0)), mel(np.array(8000.0)), 130)
    axis = mel(np.arange(257) * 16_000 / 512)
    bins = []
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        triangle = np.minimum((axis - low) / (centre - low), (high - axis) / (high - centre)).clip(0)
        bins.append(math.log(max((triangle * power).sum(), np.finfo(np.float32).eps)))
    expected = torch.tensor([(energy + 4.268) / 9.138 for energy in bins])
    torch.testing.assert_close(mel_picture(noise)[:, 7], expected, atol=1e-4, rtol=0)


def test_a_constant_added_to_a_sound_changes_nothing() -> None:
    torch.testing.assert_close(mel_picture(SINE + 0.25), mel_picture(SINE), atol=5e-3, rtol=0)


def test_a_longer_clip_is_cut() -> None:
    assert mel_picture(torch.rand(3 * 16_000)).shape == (128, 204)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_a_note_looks_the_same_at_any_sample_rate(rate: int) -> None:
    note = 0.5 * torch.sin(2 * math.pi * 440 * torch.arange(2 * rate) / rate)
    pictures = sound_pictures(note, rate)
    assert pictures.shape == (3, 1, 128, 204)
    loud = mel_picture(SINE) > 0
    assert loud.any()
    torch.testing.assert_close(
        pictures[0, 0, :, 2:196][loud[:, 2:196]], mel_picture(SINE)[:, 2:196][loud[:, 2:196]], atol=0.05, rtol=0
    )


@pytest.mark.parametrize(
    ("sound", "rate", "said"),
    [
        (torch.zeros(0), 44_100, "the sound is empty"),
        (torch.zeros(16_000), 16_000, "the sound is silent"),
        (torch.tensor([0.1, math.nan]), 16_000, "not finite"),
        (torch.ones(100), 0, "a sample rate of 0 Hz"),
    ],
    ids=["empty", "silent", "nan", "rate"],
)
def test_what_is_no_sound_is_refused(sound: torch.Tensor, rate: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sound_pictures(sound, rate)
