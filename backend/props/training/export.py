"""Gathers finished or half-finished runs into the folders that the model loaders read, in half precision.

`python -m any_to_3d.backend.props.training.export --autoencoder RUN --joint RUN ... --out backend/models/builtin`
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from diffusers import AutoencoderTiny
from torch import nn
from transformers import ClapAudioModelWithProjection, CLIPTextModelWithProjection, CLIPVisionModelWithProjection

from ...models.clap_audio import PREPROCESSOR_FILE
from ...models.joint_folder import AUDIO_ENCODER
from . import prior2d, prior3d
from .diffusion import UnetShape, build_unet, save_networks
from .images import write_preprocessing
from .prior2d import embedding_noise
from .results.chart import save_chart
from .running.user_errors import told_in_a_sentence

_DIFFUSERS_VERSION = "0.36.0"
_FOLDERS = ("clip", "judge", "stable_unclip", "zero123")
_TEXT_COMPONENTS = ("text_encoder", "tokenizer")
_IMAGE_COMPONENTS = ("image_encoder", "feature_extractor")

MOST_BYTES = 25_000_000
"""Of everything together: the networks are part of the package."""


@dataclass(frozen=True)
class Options:
    """Command line of the export."""

    autoencoder: Path
    """The autoencoder's run, as all of the following are runs."""
    joint: Path
    judge: Path
    prior2d: Path
    prior3d: Path
    out: Path
    """Gets clip/, judge/, stable_unclip/, zero123/ and SHA256SUMS; what lies there is replaced."""
    decoder: Path | None = None
    """A run that went on with the autoencoder's decoder alone: its weights are exported instead."""


def main(options: Options) -> None:
    """Write all four folders, the training curves and the checksums. Raises ValueError above MOST_BYTES."""
    export_clip(options.joint, options.out / "clip")
    export_judge(options.judge, options.out / "judge")
    export_prior2d(options.decoder or options.autoencoder, options.prior2d, options.out / "stable_unclip")
    export_prior3d(options.prior3d, options.out / "zero123")
    gather_curves(options)
    write_checksums(options.out)
    size = sum(path.stat().st_size for name in _FOLDERS for path in (options.out / name).rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise ValueError(
            f"{options.out} has {size:,} bytes; at most {MOST_BYTES:,} are shipped, so choose fewer --widths"
        )


def export_clip(run: Path, folder: Path) -> None:
    """text_encoder/, tokenizer/, image_encoder/, feature_extractor/ and audio_encoder/ of the joint encoder."""
    CLIPTextModelWithProjection.from_pretrained(run / "text_encoder").half().save_pretrained(folder / "text_encoder")
    shutil.copytree(run / "tokenizer", folder / "tokenizer", dirs_exist_ok=True)
    _export_image_tower(run, folder)
    if (run / AUDIO_ENCODER).exists():
        ears = ClapAudioModelWithProjection.from_pretrained(run / AUDIO_ENCODER)
        ears.half().save_pretrained(folder / AUDIO_ENCODER)
        shutil.copy(run / AUDIO_ENCODER / PREPROCESSOR_FILE, folder / AUDIO_ENCODER)


def gather_curves(options: Options) -> None:
    """`out`/curves: each training's curve under the name of what it trained, and a chart of all."""
    curves = {
        "autoencoder": options.autoencoder,
        "words": options.joint / "words",
        "images": options.joint / "images",
        "audio": options.joint / "audio",
        "judge": options.judge / "images",
        "prior2d": options.prior2d,
        "prior3d": options.prior3d,
    }
    if options.decoder is not None:
        curves["decoder"] = options.decoder
    shutil.rmtree(options.out / "curves", ignore_errors=True)
    (options.out / "curves").mkdir(parents=True)
    for name, run in curves.items():
        if (run / "curve.jsonl").exists():
            shutil.copy(run / "curve.jsonl", options.out / "curves" / f"{name}.jsonl")
    save_chart(options.out / "curves", options.out / "curves" / "curves.png")


def export_judge(run: Path, folder: Path) -> None:
    """The judge's own image tower; it reads the words of clip/."""
    _export_image_tower(run, folder)
    _write_json(folder / "conditioning.json", {"shared": {name: f"../clip/{name}" for name in _TEXT_COMPONENTS}})


def _export_image_tower(run: Path, folder: Path) -> None:
    tower = CLIPVisionModelWithProjection.from_pretrained(run / "image_encoder")
    tower.half().save_pretrained(folder / "image_encoder")
    write_preprocessing(folder / "feature_extractor")


def export_prior2d(autoencoder: Path, run: Path, folder: Path) -> None:
    """A Stable unCLIP folder; text and image towers are those of clip/."""
    model = AutoencoderTiny.from_pretrained(autoencoder / "vae")
    model.half().save_pretrained(folder / "vae")
    _forget_origin(folder / "vae" / "config.json")
    unet = build_unet(UnetShape.read(run), False, prior2d.LABEL_WIDTH)
    _load_averaged(unet, run)
    save_networks(unet.half(), folder)
    embedding_noise().save_pretrained(folder / "image_noising_scheduler")
    shared = {name: f"../clip/{name}" for name in (*_TEXT_COMPONENTS, *_IMAGE_COMPONENTS)}
    _write_json(folder / "conditioning.json", prior2d.conditioning() | {"shared": shared})
    index = {
        "_class_name": "StableUnCLIPImg2ImgPipeline",
        "_diffusers_version": _DIFFUSERS_VERSION,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderTiny"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "image_noising_scheduler": ["diffusers", "DDPMScheduler"],
    }
    _write_json(folder / "model_index.json", index)


def export_prior3d(run: Path, folder: Path) -> None:
    """A Zero-1-to-3 folder; autoencoder and image tower are shared."""
    network = prior3d.NovelViewNetwork(UnetShape.read(run))
    _load_averaged(network, run)
    network.half()
    save_networks(network.unet, folder)
    prior3d.save_projection(network.camera_projection, folder / "clip_camera_projection")
    _write_json(folder / "conditioning.json", prior3d.conditioning())
    index = {
        "_class_name": "Zero123Pipeline",
        "_diffusers_version": _DIFFUSERS_VERSION,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "clip_camera_projection": ["zero123", "CLIPCameraProjection"],
    }
    _write_json(folder / "model_index.json", index)


def write_checksums(folder: Path) -> None:
    """SHA256SUMS of every file of the four networks, as `sha256sum` writes it; `any-to-3d doctor` compares them."""
    files = sorted(path for name in _FOLDERS for path in (folder / name).rglob("*") if path.is_file())
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files
    )
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def _load_averaged(module: nn.Module, run: Path) -> None:
    averaged = torch.load(run / "checkpoint.pt", weights_only=True, map_location="cpu")["averaged"]
    module.load_state_dict(module.state_dict() | averaged)


def _forget_origin(config: Path) -> None:
    """Diffusers writes where a model was read from, and a key that its loader then warns of; neither is for users."""
    content = json.loads(config.read_text())
    for key in ("_name_or_path", "block_out_channels"):
        content.pop(key, None)
    _write_json(config, content)


def _write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    with told_in_a_sentence("export"):
        main(tyro.cli(Options))
