"""ImageBind as the joint encoder of words, images and sounds, through its authors' optional package.

The package (facebookresearch/ImageBind, CC BY-NC-SA 4.0, as are its weights) is imported when the encoder is loaded,
never before. Its own loader unpickles a download; here the weights are a safetensors file in a local folder.
"""

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
import torch.nn.functional as F
from jaxtyping import Float
from safetensors.torch import load_file
from scipy.signal import resample_poly
from torch import Tensor, nn

from .clip_vision import ImagePreprocessing
from .folder_layout import require_folder, weights_file
from .mel_picture import SAMPLE_RATE, mel_picture

CLIP_SECONDS = 2
PREPROCESSING = ImagePreprocessing(224, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


@dataclass(frozen=True)
class ImageBindEncoder:
    """A JointEncoder around the package's network; embeddings are unit vectors of 1024 numbers, float32.

    The network scales each modality's unit vector by another factor, so all are normalised again.
    """

    network: nn.Module
    data: ModuleType
    device: torch.device
    modalities: tuple[str, ...] = ("text", "image", "audio")

    @property
    def input_size(self) -> int:
        return PREPROCESSING.size

    @torch.no_grad()
    def embed_text(self, texts: Sequence[str]) -> Float[Tensor, "B E"]:
        """Unit vectors. Raises ValueError for a text without a word."""
        if not all(text.strip() for text in texts):
            raise ValueError("the prompt is empty; write what to make")
        return self._embedded("text", self.data.load_and_transform_text(list(texts), self.device))

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        return self._embedded("vision", PREPROCESSING.applied(image))

    @torch.no_grad()
    def embed_audio(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """Three clips of two seconds, each a log-mel picture; the network averages their embeddings."""
        clips = three_clips(resampled(waveform, sample_rate))
        pictures = torch.stack([mel_picture(clip) for clip in clips])
        return self._embedded("audio", pictures[None, :, None].to(self.device))

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Always empty: byte pairs spell every word."""
        return ()

    def _embedded(self, modality: str, inputs: Tensor) -> Float[Tensor, "B E"]:
        return F.normalize(self.network({modality: inputs})[modality].float(), dim=1)


def resampled(waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "t"]:
    """The sound at 16 kHz, float32, on the CPU; band-limited, so that high notes do not fold into low ones."""
    if sample_rate < 1:
        raise ValueError(f"the sound has a sample rate of {sample_rate} Hz; it must be positive")
    common = math.gcd(sample_rate, SAMPLE_RATE)
    samples = waveform.float().cpu().numpy()
    if not len(samples):
        return waveform.float().cpu()
    return torch.from_numpy(resample_poly(samples, SAMPLE_RATE // common, sample_rate // common))


def three_clips(waveform: Float[Tensor, "T"]) -> Float[Tensor, "3 C"]:
    """Two-second clips at 16 kHz that start at 0, 1/2 and 1 of what is left over; a shorter sound is repeated."""
    length = CLIP_SECONDS * SAMPLE_RATE
    if len(waveform) == 0:
        raise ValueError("the sound is empty; give at least a fraction of a second")
    if len(waveform) < length:
        waveform = waveform.repeat(-(-length // len(waveform)))[:length]
    starts = (0, (len(waveform) - length) // 2, len(waveform) - length)
    return torch.stack([waveform[start : start + length] for start in starts])


def load_imagebind(folder: Path, device: torch.device) -> ImageBindEncoder:
    """The encoder from ``model.safetensors`` in a folder, in float32.

    Raises MissingWeights, or ModuleNotFoundError naming the package and how to install it.
    """
    require_folder(folder, "imagebind")
    try:
        model = importlib.import_module("imagebind.models.imagebind_model")
        data = importlib.import_module("imagebind.data")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"ImageBind needs the package {error.name!r}, which is not installed; run "
            "pip install git+https://github.com/facebookresearch/ImageBind (non-commercial licence)",
            name=error.name,
        ) from error
    network = model.imagebind_huge(pretrained=False)
    network.load_state_dict(load_file(weights_file(folder, "model")))
    network.to(device).eval().requires_grad_(False)
    return ImageBindEncoder(network, data, device)
