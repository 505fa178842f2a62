"""Sounds of the classes that have one, synthesised once and kept as the log-mel windows that the audio tower reads."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import ClapAudioConfig, ClapAudioModelWithProjection, ClapFeatureExtractor

from ...models.clap_audio import SoundPreprocessing
from ..sounds import SAMPLE_RATE, SOUNDING_CLASSES, synthesise
from .running.allowed_numbers import require_at_least
from .running.progress import tracked
from .word_tower import EMBEDDING_WIDTH

_BANDS, _SIDE = 64, 128
_HOP = 160
_FRAMES = _SIDE * (_SIDE // _BANDS)
_MOST_WINDOWS = 3


@dataclass(frozen=True)
class Synthesis:
    """How sounds are made where none are cached yet."""

    per_class: int = 300
    """Sounds of each class that has one."""
    sound_workers: int = 2
    """Processes that synthesise."""
    sound_seed: int = 0
    """The same seed gives the same sounds."""

    def __post_init__(self) -> None:
        require_at_least("per-class", self.per_class, 1)
        require_at_least("sound-workers", self.sound_workers, 1)
        require_at_least("sound-seed", self.sound_seed, 0)


@dataclass(frozen=True)
class SoundWindows:
    """W windows of S sounds.

    mels: float16[W, 1, F, M] in dB.   owner: int[W], each window's sound.   classes: int[S], by SOUNDING_CLASSES.
    """

    mels: Float[Tensor, "W 1 F M"]
    owner: Int[Tensor, "W"]
    classes: Int[Tensor, "S"]

    def to(self, device: torch.device) -> "SoundWindows":
        return SoundWindows(self.mels.to(device), self.owner.to(device), self.classes.to(device))


def build_extractor() -> ClapFeatureExtractor:
    """256 frames of 10 ms and 64 mel bands: windows of 2.55 s."""
    return ClapFeatureExtractor(
        feature_size=_BANDS,
        sampling_rate=SAMPLE_RATE,
        hop_length=_HOP,
        max_length_s=(_FRAMES - 1) * _HOP / SAMPLE_RATE,
        fft_window_size=512,
        frequency_min=40,
        frequency_max=SAMPLE_RATE // 2,
        top_db=60,
        truncation="rand_trunc",
        padding="pad",
    )


def build_audio_tower(width: int = 32) -> ClapAudioModelWithProjection:
    """CLAP's transformer with patches of 8 x 8 and three stages of two layers."""
    config = ClapAudioConfig(
        num_mel_bins=_BANDS,
        spec_size=_SIDE,
        window_size=4,
        patch_size=8,
        patch_stride=(8, 8),
        patch_embeds_hidden_size=width,
        hidden_size=4 * width,
        depths=(2, 2, 2),
        num_attention_heads=(2, 4, 8),
        num_hidden_layers=3,
        mlp_ratio=2.0,
        projection_dim=EMBEDDING_WIDTH,
        patch_embed_input_channels=1,
    )
    return ClapAudioModelWithProjection(config)


def cached_sounds(file: Path, synthesis: Synthesis) -> SoundWindows:
    """Read `file`, or synthesise, cut and write it; each sound gives up to three windows."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        sounds = list(_synthesised(synthesis))
        owner = torch.cat([torch.full((len(mels),), number) for number, mels in enumerate(sounds)])
        classes = torch.arange(len(SOUNDING_CLASSES)).repeat_interleave(synthesis.per_class)
        partial = file.with_name(file.name + ".partial")
        torch.save({"mels": torch.cat(sounds), "owner": owner, "classes": classes}, partial)
        partial.replace(file)
    return SoundWindows(**torch.load(file, weights_only=True))


def sound_mels(waveform: np.ndarray, preprocessing: SoundPreprocessing) -> Float[Tensor, "N 1 F M"]:
    """At most three of a sound's windows, as the model wrapper makes them."""
    windows = preprocessing.windows(torch.from_numpy(waveform), SAMPLE_RATE)
    kept = torch.linspace(0, len(windows) - 1, min(len(windows), _MOST_WINDOWS)).round().long()
    return preprocessing.log_mels(windows[kept]).half()


def _synthesised(synthesis: Synthesis) -> Iterator[Tensor]:
    names = [name for name in SOUNDING_CLASSES for _ in range(synthesis.per_class)]
    seeds = np.random.SeedSequence(synthesis.sound_seed).generate_state(len(names)).tolist()
    jobs = list(zip(names, seeds, strict=True))
    if synthesis.sound_workers == 1:
        yield from map(torch.from_numpy, tracked(map(_one_sound, jobs), "sounds", len(jobs)))
        return
    with multiprocessing.get_context("spawn").Pool(synthesis.sound_workers) as pool:
        found = pool.imap(_one_sound, jobs, chunksize=16)
        yield from map(torch.from_numpy, tracked(found, "sounds", len(jobs)))


def _one_sound(job: tuple[str, int]) -> np.ndarray:
    name, seed = job
    torch.set_num_threads(1)
    sound = synthesise(name, np.random.default_rng(seed))
    return sound_mels(sound, SoundPreprocessing(build_extractor())).numpy()
