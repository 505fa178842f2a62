"""The data set as the priors see it: all latents and the embeddings of pictures and sounds, computed once and kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from jaxtyping import Float, UInt8
from torch import Tensor
from transformers import ClapAudioModelWithProjection, CLIPVisionModelWithProjection

from .data import PropPictures, as_images
from .images import at_tower_size, clip_normalised
from .running.hardware import Hardware
from .running.progress import tracked
from .sounds import SoundWindows

_CHUNK = 96
_GPU_CHUNK = 1536


@dataclass(frozen=True)
class LatentPictures:
    """Scaled latents, float16[N, V, C, 16, 16]: each latent is the autoencoder's own times scaling_factor."""

    rgb: Tensor
    normal: Tensor
    scaling_factor: float


@torch.no_grad()
def cached_latents(pictures: PropPictures, autoencoder: Path, cache: Path, hardware: Hardware) -> LatentPictures:
    """Read `cache`/latents.pt, or compute and write it; the file of another autoencoder is replaced."""
    origin = fingerprint(autoencoder / "diffusion_pytorch_model.safetensors")
    file = cache / "latents.pt"
    kept = _kept(file, origin)
    if kept is None:
        model = (
            AutoencoderTiny.from_pretrained(autoencoder).eval().to(hardware.place, memory_format=torch.channels_last)
        )
        factor = float(model.config.scaling_factor)

        def encoded(images: Tensor) -> Tensor:
            return (model.encoder(images * 2.0 - 1.0) * factor).half()

        kept = {
            "rgb": _over_all(pictures, pictures.rgb, encoded, "latents", hardware),
            "normal": _over_all(pictures, pictures.normal, encoded, "latents of normals", hardware),
            "scaling_factor": factor,
        }
        _keep(file, origin, kept)
    rgb, normal = (kept[name].to(hardware.place) for name in ("rgb", "normal"))
    return LatentPictures(rgb, normal, float(kept["scaling_factor"]))


@torch.no_grad()
def cached_embeddings(
    pictures: PropPictures, image_encoder: Path, cache: Path, hardware: Hardware
) -> Float[Tensor, "N V E"]:
    """Unit embeddings of the colour pictures, from `cache`/embeddings.pt or computed and written there."""
    origin = fingerprint(image_encoder / "model.safetensors")
    file = cache / "embeddings.pt"
    kept = _kept(file, origin)
    if kept is None:
        tower = CLIPVisionModelWithProjection.from_pretrained(image_encoder, attn_implementation="eager").eval()
        tower.to(hardware.place)

        def embedded(images: Tensor) -> Tensor:
            return F.normalize(tower(clip_normalised(at_tower_size(images))).image_embeds.float(), dim=1)

        kept = {"embeddings": _over_all(pictures, pictures.rgb, embedded, "embeddings", hardware)}
        _keep(file, origin, kept)
    return kept["embeddings"].to(hardware.place)


@torch.no_grad()
def sound_embeddings(sounds: SoundWindows, audio_encoder: Path, hardware: Hardware) -> Float[Tensor, "S K E"]:
    """Unit embeddings of K sounds of each sounding class, as the model wrapper makes them: the mean over windows."""
    tower = ClapAudioModelWithProjection.from_pretrained(audio_encoder).eval().to(hardware.place)
    parts = [F.normalize(tower(mels.float().to(hardware.place)).audio_embeds, dim=1) for mels in sounds.mels.split(256)]
    summed = torch.zeros(len(sounds.classes), parts[0].shape[1], device=hardware.place)
    summed.index_add_(0, sounds.owner.to(hardware.place), torch.cat(parts))
    classes = int(sounds.classes.max()) + 1
    return F.normalize(summed, dim=1).unflatten(0, (classes, -1))


def fingerprint(file: Path) -> str:
    """Tells one file of weights from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def _kept(file: Path, origin: str) -> dict | None:
    if not file.exists():
        return None
    content = torch.load(file, weights_only=True)
    return content["values"] if content["origin"] == origin else None


def _keep(file: Path, origin: str, values: dict) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    torch.save({"origin": origin, "values": values}, partial)
    partial.replace(file)


def _over_all(
    pictures: PropPictures,
    pixels: UInt8[Tensor, "N V S S 3"],
    of: Callable[[Tensor], Tensor],
    title: str,
    hardware: Hardware,
) -> Tensor:
    parts, chunk = [], _GPU_CHUNK if hardware.is_gpu else _CHUNK
    with hardware.half_precision():
        chunks = pixels.flatten(0, 1).split(chunk)
        for some in tracked(chunks, title, len(chunks)):
            images = as_images(some.to(hardware.place))
            parts.append(of(images.contiguous(memory_format=torch.channels_last)).cpu())
    return torch.cat(parts).unflatten(0, (pictures.object_count, pictures.view_count))
