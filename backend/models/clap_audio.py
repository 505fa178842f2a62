"""CLAP's audio tower with its feature extractor: the ears of a joint encoder.

Source: Wu et al., "Large-scale contrastive language-audio pretraining" (2023); the classes are those of transformers.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from transformers import ClapAudioConfig, ClapAudioModelWithProjection, ClapFeatureExtractor

from .json_fields import JsonFields
from .sound_windows import heard_windows

PREPROCESSOR_FILE = "preprocessor_config.json"


@dataclass(frozen=True)
class SoundPreprocessing:
    """Log-mel pictures of windows by the folder's own feature extractor.

    Its ``top_db`` is kept, which transformers stores but does not apply: what lies that far below the loudest band of a
    window is raised to it, so that a recording's noise floor and a file's exact silence look alike.
    """

    extractor: ClapFeatureExtractor

    @staticmethod
    def read(folder: Path) -> "SoundPreprocessing":
        """From the preprocessor_config.json of a CLAP folder. Raises ValueError for settings that are not supported."""
        fields = JsonFields.read(folder / PREPROCESSOR_FILE)
        for key in ("feature_size", "sampling_rate", "hop_length", "fft_window_size"):
            fields.count(key)
        fields.number("max_length_s")
        if fields.text("truncation") != "rand_trunc":
            raise fields.wrong("truncation", "rand_trunc (towers that fuse long sounds are not supported)")
        if fields.values.get("top_db") is not None:
            fields.number("top_db")
        return SoundPreprocessing(ClapFeatureExtractor.from_pretrained(folder, local_files_only=True))

    @property
    def sample_rate(self) -> int:
        return self.extractor.sampling_rate

    @property
    def window(self) -> int:
        """Samples of one window."""
        return round(self.extractor.nb_max_samples)

    @property
    def frames(self) -> int:
        return 1 + self.window // self.extractor.hop_length

    def windows(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "N W"]:
        """Levelled windows of a sound; errors as ``heard_windows``."""
        return heard_windows(waveform.detach().cpu(), sample_rate, self.sample_rate, self.window)

    def log_mels(self, windows: Float[Tensor, "N W"]) -> Float[Tensor, "N 1 F M"]:
        """Decibels per frame and mel band."""
        extracted = self.extractor(
            list(windows.numpy()), sampling_rate=self.sample_rate, max_length=self.window, return_tensors="pt"
        )
        decibels = extracted.input_features.float()
        if self.extractor.top_db is None:
            return decibels
        return decibels.maximum(decibels.amax(dim=(1, 2, 3), keepdim=True) - self.extractor.top_db)

    def require_fit(self, config: ClapAudioConfig, where: Path) -> None:
        """Raises ValueError where the pictures are not of the size that the tower reads."""
        if config.enable_fusion:
            raise ValueError(f"{where}/config.json: enable_fusion must be false; towers that fuse are not supported")
        if self.extractor.feature_size != config.num_mel_bins:
            raise ValueError(
                f"{where}: its {PREPROCESSOR_FILE} makes {self.extractor.feature_size} mel bands, "
                f"its tower reads {config.num_mel_bins}"
            )
        most = config.spec_size * (config.spec_size // config.num_mel_bins)
        if self.frames > most:
            raise ValueError(
                f"{where}: its {PREPROCESSOR_FILE} makes {self.frames} frames of a window, "
                f"its tower reads {most} at most"
            )


@dataclass(frozen=True)
class ClapAudio:
    """Sounds to unit vectors."""

    tower: ClapAudioModelWithProjection
    preprocessing: SoundPreprocessing

    @torch.no_grad()
    def embed_audio(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """The mean over all windows in which something is heard, float32; errors as ``heard_windows``."""
        features = self.preprocessing.log_mels(self.preprocessing.windows(waveform, sample_rate))
        embedded = self.tower(features.to(self.tower.device, self.tower.dtype)).audio_embeds.float()
        return F.normalize(F.normalize(embedded, dim=1).mean(dim=0, keepdim=True), dim=1)
