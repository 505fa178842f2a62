"""The audio tower of a joint encoder: what it hears, what it refuses, and what its folder must hold."""

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.load import MissingWeights, check_folder, load_clip
from any_to_3d.backend.models.sound_windows import cut, heard_windows, resampled, trimmed
from safetensors.torch import load_file, save_file
from tiny_checkpoints import EMBEDDING, save_audio, save_clip, sound_preprocessing, word_tokenizer
from torch import Tensor

CPU = torch.device("cpu")
RATE = 8000


@pytest.fixture(scope="module")
def hearing_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "clip"
    save_clip(folder, word_tokenizer())
    save_audio(folder)
    return folder


@pytest.fixture(scope="module")
def ears(hearing_folder: Path) -> ClipEncoder:
    return load_clip(hearing_folder, CPU)


@pytest.fixture
def folder(hearing_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(hearing_folder, tmp_path / "clip"))


def bell(seconds: float = 0.8, rate: int = RATE) -> Tensor:
    """Two partials that fade."""
    time = torch.arange(int(seconds * rate)) / rate
    partials = torch.sin(2 * math.pi * 440 * time + 1.0) + 0.5 * torch.sin(2 * math.pi * 1230 * time)
    return 0.5 * partials * torch.exp(-3 * time)


def test_sound_is_offered_exactly_with_the_tower(ears: ClipEncoder, tmp_path: Path) -> None:
    save_clip(tmp_path / "clip", word_tokenizer())
    assert load_clip(tmp_path / "clip", CPU).modalities == ("text", "image")
    assert ears.modalities == ("text", "image", "audio")
    embedding = ears.embed_audio(bell(), RATE)
    assert embedding.shape == (1, EMBEDDING)
    assert embedding.dtype == torch.float32
    assert float(embedding.norm()) == pytest.approx(1.0, abs=1e-5)


def test_one_window_is_embedded_as_transformers_does_it(ears: ClipEncoder) -> None:
    assert ears.audio is not None
    window = ears.audio.preprocessing.windows(bell(0.5), RATE)
    assert window.shape == (1, 4000)
    expected = sound_preprocessing()(window[0].numpy(), sampling_rate=RATE, max_length=4000, return_tensors="pt")
    mels = expected.input_features
    floored = mels.clamp(min=float(mels.max()) - 60.0)
    assert (floored > mels).any()
    embedded = F.normalize(ears.audio.tower(floored).audio_embeds, dim=1)
    torch.testing.assert_close(ears.embed_audio(bell(0.5), RATE), embedded)


@pytest.mark.parametrize("gain", [1e-3, 0.1, 1.9])
def test_volume_does_not_change_an_embedding(ears: ClipEncoder, gain: float) -> None:
    torch.testing.assert_close(ears.embed_audio(gain * bell(), RATE), ears.embed_audio(bell(), RATE), atol=1e-4, rtol=0)


def test_silence_around_a_sound_does_not_change_its_embedding(ears: ClipEncoder) -> None:
    padded = torch.cat([torch.zeros(3123), bell(), torch.zeros(20_001)])
    torch.testing.assert_close(ears.embed_audio(padded, RATE), ears.embed_audio(bell(), RATE))


def test_another_sample_rate_hardly_changes_an_embedding(ears: ClipEncoder) -> None:
    here = ears.embed_audio(bell(), RATE)
    for rate in (16_000, 22_050, 44_100, 48_000):
        assert float((ears.embed_audio(bell(rate=rate), rate) * here).sum()) > 0.999, rate


def test_different_sounds_lie_apart(ears: ClipEncoder) -> None:
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    assert float((ears.embed_audio(0.1 * noise, RATE) * ears.embed_audio(bell(), RATE)).sum()) < 0.9999


def test_resampling_keeps_a_tone_and_drops_what_the_new_rate_cannot_hold() -> None:
    def tone(frequency: float, rate: int) -> Tensor:
        time = torch.arange(rate, dtype=torch.float64) / rate
        return torch.sin(2 * math.pi * frequency * time) * torch.sin(math.pi * time) ** 2

    for rate in (44_100, 11_025, 16_000):
        changed = resampled(tone(440, rate), rate, RATE)
        assert len(changed) == RATE
        torch.testing.assert_close(changed, tone(440, RATE), atol=2e-3, rtol=0)
    assert resampled(tone(6000, 44_100), 44_100, RATE).abs().max() < 1e-3


def test_trimming_starts_and_ends_with_something_heard() -> None:
    sound = torch.tensor([0.0, 1e-4, 0.5, 0.0, -1.0, 2e-4, 0.0])
    assert trimmed(sound).tolist() == [0.5, 0.0, -1.0]


def test_windows_cover_a_long_sound_from_end_to_end_with_overlap() -> None:
    windows = cut(torch.arange(1050.0), 100)
    assert windows[0, 0] == 0
    assert windows[-1, -1] == 1049
    steps = windows[1:, 0] - windows[:-1, 0]
    assert steps.max() <= 50
    assert cut(torch.ones(30), 100).tolist() == [[1.0] * 30 + [0.0] * 70]


def test_pauses_are_left_out_and_the_rest_is_equally_loud() -> None:
    two = torch.cat([bell(), torch.zeros(4 * RATE), bell()])
    windows = heard_windows(two, RATE, RATE, 4000)
    assert 2 <= len(windows) < len(cut(two, 4000))
    torch.testing.assert_close(heard_windows(7.0 * two, RATE, RATE, 4000), windows)


@pytest.mark.parametrize(
    ("sound", "rate", "message"),
    [
        (torch.zeros(RATE), RATE, "the sound is silent"),
        (1e-6 * torch.ones(RATE), RATE, "the sound is silent"),
        (torch.zeros(0), RATE, "the sound is empty"),
        (torch.tensor([0.1, math.nan] * 4000), RATE, "not finite"),
        (torch.tensor([0.1, math.inf] * 4000), RATE, "not finite"),
        (0.1 * torch.ones(80), RATE, r"heard for 0.010 s only; at least 0.05 s"),
        (F.pad(0.1 * torch.ones(80), (500, 9000)), RATE, r"heard for 0.010 s only"),
        (0.1 * torch.ones(2, RATE), RATE, r"one row of samples, got the shape \(2, 8000\)"),
        (0.1 * torch.ones(RATE), 0, "sample rate must be a positive number"),
    ],
)
def test_what_is_no_sound_is_refused(ears: ClipEncoder, sound: Tensor, rate: int, message: str) -> None:
    assert ears.audio is not None
    with pytest.raises(ValueError, match=message):
        ears.audio.preprocessing.windows(sound, rate)


def test_a_damaged_tower_is_named_with_what_can_be_done(folder: Path) -> None:
    (folder / "audio_encoder" / "model.safetensors").unlink()
    (folder / "audio_encoder" / "preprocessor_config.json").unlink()
    weights, settings = check_folder(folder, "clip")
    assert weights.path == folder / "audio_encoder" / "model.safetensors"
    assert settings.path == folder / "audio_encoder" / "preprocessor_config.json"
    with pytest.raises(MissingWeights, match=r"restore the file, or delete audio_encoder/ to do without sounds"):
        load_clip(folder, CPU)


def test_weights_that_lack_a_tensor_are_refused(folder: Path) -> None:
    file = folder / "audio_encoder" / "model.safetensors"
    tensors = load_file(file)
    del tensors["audio_projection.linear2.weight"]
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(MissingWeights, match=r"lacks 1 tensors, audio_projection.linear2.weight among them"):
        load_clip(folder, CPU)


def test_a_tower_of_another_space_is_refused(folder: Path) -> None:
    save_audio(folder, width=EMBEDDING + 1)
    with pytest.raises(ValueError, match="its embeddings have 17 numbers, those of words 16"):
        load_clip(folder, CPU)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sampling_rate", 0, "sampling_rate must be a positive whole number, got 0"),
        ("truncation", "fusion", "truncation must be rand_trunc"),
        ("top_db", -3, "top_db must be a positive number"),
        ("feature_size", 16, "makes 16 mel bands, its tower reads 32"),
        ("hop_length", 16, "makes 251 frames of a window, its tower reads 128 at most"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(folder: Path, key: str, value: object, message: str) -> None:
    file = folder / "audio_encoder" / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    with pytest.raises(ValueError, match=message):
        load_clip(folder, CPU)
