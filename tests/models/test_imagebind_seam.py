"""The optional ImageBind package: what is said without it, and how sounds are cut for it."""

import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from any_to_3d.backend.models.folder_layout import MissingWeights
from any_to_3d.backend.models.imagebind import ImageBindEncoder, load_imagebind, resampled, three_clips
from any_to_3d.backend.models.mel_picture import mel_picture
from safetensors.torch import save_file

CPU = torch.device("cpu")


def test_missing_package_is_named_with_its_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    monkeypatch.setitem(sys.modules, "imagebind", None)
    with pytest.raises(ModuleNotFoundError, match=r"ImageBind needs the package 'imagebind.*pip install git\+https"):
        load_imagebind(tmp_path, CPU)


def test_missing_weights_are_named_before_the_package(tmp_path: Path) -> None:
    (tmp_path / "imagebind_huge.pth").write_bytes(b"")
    with pytest.raises(MissingWeights, match=r"model.safetensors is missing \(imagebind_huge.pth is pickled"):
        load_imagebind(tmp_path, CPU)


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


SINE = 0.5 * torch.sin(2 * math.pi * 440 * torch.arange(2 * 16_000) / 16_000)


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


def test_a_constant_added_to_a_sound_changes_nothing() -> None:
    torch.testing.assert_close(mel_picture(SINE + 0.25), mel_picture(SINE), atol=5e-3, rtol=0)


def test_a_longer_clip_is_cut() -> None:
    assert mel_picture(torch.rand(3 * 16_000)).shape == (128, 204)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_resampling_keeps_a_note_and_its_length(rate: int) -> None:
    sound = resampled(torch.sin(2 * math.pi * 440 * torch.arange(rate) / rate), rate)
    assert len(sound) == 16_000
    expected = torch.sin(2 * math.pi * 440 * torch.arange(16_000) / 16_000)
    torch.testing.assert_close(sound[500:-500], expected[500:-500], atol=0.01, rtol=0)


def test_a_note_above_half_the_new_rate_is_silenced_not_folded() -> None:
    sound = resampled(torch.sin(2 * math.pi * 15_000 * torch.arange(48_000) / 48_000), 48_000)
    assert sound[500:-500].abs().max() < 0.02


def test_the_network_hears_three_pictures_and_its_answer_becomes_a_unit_vector() -> None:
    heard = {}

    class Network(torch.nn.Module):
        def forward(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            heard.update(inputs)
            return {"audio": torch.full((1, 1024), 20.0)}

    embedding = ImageBindEncoder(Network(), ModuleType("data"), CPU).embed_audio(torch.rand(5 * 48_000), 48_000)
    assert heard["audio"].shape == (1, 3, 1, 128, 204)
    assert embedding.norm().item() == pytest.approx(1.0)


def test_an_empty_sound_is_refused() -> None:
    with pytest.raises(ValueError, match="the sound is empty"):
        three_clips(resampled(torch.zeros(0), 44_100))
