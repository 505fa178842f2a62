"""The sounds of training are what the model wrapper hears, and the tower that learns them is small."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.clap_audio import ClapAudio, SoundPreprocessing
from any_to_3d.backend.props.sounds import SAMPLE_RATE, SOUNDING_CLASSES
from any_to_3d.backend.props.spec import CLASSES
from any_to_3d.backend.props.training import disturbances as training_disturbances
from any_to_3d.backend.props.training import sounds as training_sounds
from any_to_3d.backend.props.training.attributes import AttributeReaders
from any_to_3d.backend.props.training.audio import drawn_sounds, sound_loss
from any_to_3d.backend.props.training.disturbances import disturbed_mels
from any_to_3d.backend.props.training.latents import sound_embeddings
from any_to_3d.backend.props.training.running.chance import Chance
from any_to_3d.backend.props.training.running.hardware import Hardware
from any_to_3d.backend.props.training.sounds import (
    SoundWindows,
    Synthesis,
    build_audio_tower,
    build_extractor,
    cached_sounds,
    sound_mels,
)

CPU = torch.device("cpu")
PER_CLASS = 2


@pytest.fixture
def chance() -> Chance:
    return Chance(0, CPU)


def tone(name: str, rng: np.random.Generator) -> np.ndarray:
    """A stand-in synthesiser: each class has a pitch of its own, each draw a length."""
    time = np.arange(int(rng.uniform(1.0, 4.0) * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * (200 + 150 * SOUNDING_CLASSES.index(name)) * time)).astype(np.float32)


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoundWindows:
    monkeypatch.setattr(training_sounds, "synthesise", tone)
    return cached_sounds(tmp_path / "sounds.pt", Synthesis(PER_CLASS, sound_workers=1))


def test_every_sounding_class_is_a_class() -> None:
    assert set(SOUNDING_CLASSES) <= set(CLASSES)


def test_each_class_has_its_sounds_and_each_sound_its_windows(sounds: SoundWindows) -> None:
    assert sounds.mels.shape[1:] == (1, 256, 64)
    assert torch.equal(sounds.classes.bincount(), torch.full((len(SOUNDING_CLASSES),), PER_CLASS))
    windows = sounds.owner.bincount()
    assert len(windows) == len(sounds.classes)
    assert windows.min() >= 1
    assert windows.max() <= 3


def test_a_cache_is_read_not_made_again(sounds: SoundWindows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_sounds, "synthesise", None)
    again = cached_sounds(tmp_path / "sounds.pt", Synthesis(PER_CLASS, sound_workers=1))
    assert torch.equal(again.mels, sounds.mels)


def test_the_tower_reads_what_its_extractor_makes_and_stays_below_a_megabyte_and_a_half(tmp_path: Path) -> None:
    tower, preprocessing = build_audio_tower(), SoundPreprocessing(build_extractor())
    preprocessing.require_fit(tower.config, tmp_path)
    assert preprocessing.frames == 256
    assert preprocessing.window == 40_800
    assert 2 * sum(weight.numel() for weight in tower.parameters()) < 1_500_000
    build_extractor().save_pretrained(tmp_path)
    read = SoundPreprocessing.read(tmp_path)
    sound = torch.randn(1, 40_800)
    torch.testing.assert_close(read.log_mels(sound), preprocessing.log_mels(sound))


def test_an_embedding_in_training_is_the_one_at_use(sounds: SoundWindows, tmp_path: Path) -> None:
    torch.manual_seed(0)
    tower = build_audio_tower().eval()
    tower.audio_model.audio_encoder.batch_norm.running_mean.fill_(-30.0)
    tower.audio_model.audio_encoder.batch_norm.running_var.fill_(400.0)
    tower.save_pretrained(tmp_path / "audio_encoder")
    embeddings = sound_embeddings(sounds, tmp_path / "audio_encoder", Hardware())
    assert embeddings.shape == (len(SOUNDING_CLASSES), PER_CLASS, 128)
    ears = ClapAudio(tower, SoundPreprocessing(build_extractor()))
    seeds = np.random.SeedSequence(0).generate_state(len(sounds.classes)).reshape(-1, PER_CLASS)
    for name, number in (("bell", 1), ("car", 0)):
        row = SOUNDING_CLASSES.index(name)
        waveform = torch.from_numpy(tone(name, np.random.default_rng(int(seeds[row, number]))))
        assert F.cosine_similarity(ears.embed_audio(waveform, SAMPLE_RATE), embeddings[row, number][None]) > 0.9999


def test_at_most_three_windows_are_kept_from_end_to_end() -> None:
    preprocessing = SoundPreprocessing(build_extractor())
    rng = np.random.default_rng(0)
    long = (0.1 * rng.standard_normal(10 * SAMPLE_RATE)).astype(np.float32)
    windows = preprocessing.windows(torch.from_numpy(long), SAMPLE_RATE)
    kept = sound_mels(long, preprocessing).float()
    assert len(windows) > 3
    torch.testing.assert_close(kept[[0, -1]], preprocessing.log_mels(windows[[0, -1]]), atol=0.05, rtol=0)
    assert len(kept) == 3


def test_disturbed_mels_stay_within_their_range_and_on_no_two_rows_the_same(chance: Chance) -> None:
    mels = (-40.0 + 15.0 * chance.normal(1, 1, 256, 64)).expand(8, -1, -1, -1)
    changed = disturbed_mels(mels, chance)
    assert changed.shape == mels.shape
    span = changed.amax(dim=(1, 2, 3)) - changed.amin(dim=(1, 2, 3))
    assert (span <= 60.01).all()
    assert len({float(row.sum()) for row in changed}) == 8
    assert (changed.mean() - mels.mean()).abs() < 15.0


def test_a_steady_band_is_moved_by_a_few_bands_and_stays_one(chance: Chance) -> None:
    """One loud band of 64 becomes one within 4 bands of it and 10 % of its distance from the middle, in quiet."""
    line = torch.full((100, 1, 256, 64), -60.0)
    line[..., 40] = 0.0
    found = training_disturbances._stretched(line, chance).amax(dim=(1, 2)).argmax(dim=1)
    assert (found - 40).abs().max() <= 6
    assert len(found.unique()) > 5


def test_an_event_keeps_its_middle_and_becomes_up_to_a_third_longer_or_shorter(chance: Chance) -> None:
    event = torch.full((100, 1, 256, 64), -60.0)
    event[:, :, 96:160] = 0.0
    long = training_disturbances._stretched(event, chance)[:, 0, :, 32] > -30.0
    lengths, middles = long.sum(dim=1), (long * torch.arange(256)).sum(dim=1) / long.sum(dim=1)
    assert lengths.min() >= 46
    assert lengths.max() <= 88
    assert lengths.float().std() > 5.0
    assert (middles - 127.5).abs().max() < 1.0


def test_noise_fills_the_quiet_part_of_some_sounds(chance: Chance) -> None:
    """The first half is loud; a later start of at most a quarter leaves frames 200 to 250 quiet."""
    halves = torch.full((200, 1, 256, 64), -80.0)
    halves[:, :, :128] = 0.0
    changed = disturbed_mels(halves, chance)
    assert changed.isfinite().all()
    filled = changed[:, 0, 200:250].flatten(1).median(dim=1).values > changed.amax(dim=(1, 2, 3)) - 50.0
    assert 0.2 < filled.float().mean() < 0.6


def test_a_sound_is_asked_for_its_class(sounds: SoundWindows, chance: Chance) -> None:
    torch.manual_seed(0)
    readers = AttributeReaders()
    mels, classes = drawn_sounds(sounds, 40, chance)
    assert mels.dtype == torch.float32
    rows = torch.tensor([CLASSES.index(SOUNDING_CLASSES[number]) for number in classes.tolist()])
    right = F.normalize(readers.directions[0], dim=1)[rows]
    wrong = F.normalize(readers.directions[0], dim=1)[(rows + 1) % len(CLASSES)]
    found, close = sound_loss(right, right, classes, readers)
    assert found < sound_loss(wrong, right, classes, readers)[0]
    assert close == pytest.approx(1.0, abs=1e-5)
