"""The data set as the priors see it: all latents and image embeddings, computed once and kept beside the run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from jaxtyping import Float
from rich.progress import track
from torch import Tensor
from transformers import CLIPVisionModelWithProjection

from .train_joint import clip_normalised
from .training_data import PropPictures, as_images

_CHUNK = 8


@dataclass(frozen=True)
class LatentPictures:
    """Scaled latents, float16[N, V, C, 16, 16]: each latent is the autoencoder's own times scaling_factor."""

    rgb: Tensor
    normal: Tensor
    scaling_factor: float


@torch.no_grad()
def cached_latents(pictures: PropPictures, autoencoder: Path, cache: Path) -> LatentPictures:
    """Read `cache`/latents.pt, or compute it and write it. Delete the file after training the autoencoder anew."""
    file = cache / "latents.pt"
    if not file.exists():
        model = AutoencoderTiny.from_pretrained(autoencoder).eval().to(memory_format=torch.channels_last)
        factor = float(model.config.scaling_factor)

        def encoded(images: Tensor) -> Tensor:
            return (model.encoder(images * 2.0 - 1.0) * factor).half()

        rgb = _over_all(pictures, pictures.rgb, encoded, "latents")
        normal = _over_all(pictures, pictures.normal, encoded, "latents of normals")
        cache.mkdir(parents=True, exist_ok=True)
        torch.save({"rgb": rgb, "normal": normal, "scaling_factor": factor}, file)
    return LatentPictures(**torch.load(file, weights_only=True))


@torch.no_grad()
def cached_embeddings(pictures: PropPictures, image_encoder: Path, cache: Path) -> Float[Tensor, "N V E"]:
    """Unit embeddings of the colour pictures, read from `cache`/embeddings.pt or computed and written."""
    file = cache / "embeddings.pt"
    if not file.exists():
        tower = CLIPVisionModelWithProjection.from_pretrained(image_encoder, attn_implementation="eager").eval()

        def embedded(images: Tensor) -> Tensor:
            return F.normalize(tower(clip_normalised(images)).image_embeds.float(), dim=1)

        cache.mkdir(parents=True, exist_ok=True)
        torch.save(_over_all(pictures, pictures.rgb, embedded, "embeddings"), file)
    return torch.load(file, weights_only=True)


def _over_all(pictures: PropPictures, pixels: np.ndarray, of: Callable[[Tensor], Tensor], title: str) -> Tensor:
    parts = []
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for start in track(range(0, pictures.object_count, _CHUNK), title):
            images = as_images(pixels[start : start + _CHUNK].reshape(-1, *pixels.shape[2:]))
            parts.append(of(images.contiguous(memory_format=torch.channels_last)))
    return torch.cat(parts).unflatten(0, (pictures.object_count, pictures.view_count))


def latents_of(latents: Float[Tensor, "N V C h w"], objects: np.ndarray, views: np.ndarray) -> Float[Tensor, "B C h w"]:
    """The chosen pictures' latents, float32."""
    return latents[torch.from_numpy(objects), torch.from_numpy(views)].float()
