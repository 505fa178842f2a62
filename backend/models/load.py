"""Pretrained networks from local folders: what must be there, and the wrappers made of it.

Nothing is downloaded and nothing is unpickled: weights are safetensors, read with the hub's own loaders in local mode.
Networks are frozen, in evaluation mode and in the dtype asked for.
"""

from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDPMScheduler, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer
from diffusers.utils import is_accelerate_available
from safetensors.torch import load_file
from torch import nn
from transformers import (
    AutoTokenizer,
    ClapAudioModelWithProjection,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionModelWithProjection,
)

from .clap_audio import ClapAudio, SoundPreprocessing
from .class_label import EmbeddingNoise
from .clip import ClipEncoder
from .clip_vision import ClipVision, ImagePreprocessing
from .conditioning import UnclipConditioning, read_unclip_conditioning, read_zero123_conditioning
from .cross_text import CrossText, SilentToken, TextTokens
from .embedding_scale import read_scale
from .folder_layout import (
    CAMERA_PROJECTIONS,
    Damage,
    Layout,
    MissingWeights,
    check_folder,
    component_path,
    require_folder,
    weights_file,
    weights_variant,
)
from .imagebind import ImageBindEncoder
from .imagebind_layout import HUGE, ImageBindConfig
from .imagebind_load import load_imagebind
from .joint_folder import AUDIO_ENCODER, joint_layout, joint_modalities
from .json_fields import JsonFields
from .latent_codec import Autoencoder, LatentCodec, downsampling
from .parameterisation import PredictionType, prediction_type_named
from .precision import autoencoder_dtype
from .schedule import NoiseSchedule
from .stable_unclip import StableUnclipPrior
from .zero123 import Zero123Prior

__all__ = [
    "Damage",
    "Layout",
    "MissingWeights",
    "check_folder",
    "load_clip",
    "load_image_encoder",
    "load_joint",
    "load_stable_unclip",
    "load_zero123",
]

DiffusersModel = TypeVar("DiffusersModel", UNet2DConditionModel, AutoencoderKL, AutoencoderTiny)
Tower = TypeVar(
    "Tower", CLIPTextModel, CLIPTextModelWithProjection, CLIPVisionModelWithProjection, ClapAudioModelWithProjection
)


def load_stable_unclip(
    folder: Path,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    image_size: int | None = None,
    noise_level: int = 0,
) -> StableUnclipPrior:
    """A Stable unCLIP folder as a prior.

    Its config asks for attention logits in float32. diffusers' attention does not look there, and need not: all kinds
    of torch's scaled_dot_product_attention keep the logits in float32, however short the numbers it is given.
    image_size: pixels, where not the size the U-Net was trained at (768 for the published one; 512 is common).
    noise_level: 0..999, how much the embedding is blurred.  Raises MissingWeights, or ValueError for a bad setting.
    """
    require_folder(folder, "stable_unclip")
    conditioning = read_unclip_conditioning(folder)
    unet = _network(UNet2DConditionModel, folder, "unet", device, dtype)
    schedule, prediction_type = _schedule(component_path(folder, "scheduler"), device)
    return StableUnclipPrior(
        unet=unet,
        codec=_codec(folder, unet, device, dtype, image_size),
        cross_text=_cross_text(folder, unet, device, dtype, conditioning),
        schedule=schedule,
        prediction_type=prediction_type,
        embedding_scale=conditioning.embedding_scale if conditioning else read_scale(folder),
        embedding_noise=_embedding_noise(folder, unet, device, conditioning, noise_level),
        conditioning=conditioning,
    )


def load_zero123(
    folder: Path, device: torch.device, dtype: torch.dtype = torch.float32, image_size: int | None = None
) -> Zero123Prior:
    """A Zero-1-to-3 folder in either of its diffusers layouts as a prior; errors and image_size as above."""
    require_folder(folder, "zero123")
    unet = _network(UNet2DConditionModel, folder, "unet", device, dtype)
    vision = _vision(folder, device, dtype)
    conditioning = read_zero123_conditioning(folder)
    if conditioning is not None:
        conditioning.require_fit(unet.config.projection_class_embeddings_input_dim, vision.tower.config.projection_dim)
    schedule, prediction_type = _schedule(component_path(folder, "scheduler"), device)
    return Zero123Prior(
        unet=unet,
        codec=_codec(folder, unet, device, dtype, image_size),
        vision=vision,
        camera_projection=_camera_projection(folder, device, dtype),
        schedule=schedule,
        prediction_type=prediction_type,
        conditioning=conditioning,
    )


def load_clip(folder: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> ClipEncoder:
    """The towers, from the hub's single CLIP folder or from one folder per component; sounds with audio_encoder/.

    Raises MissingWeights, or ValueError for an audio tower that does not fit its settings or the text tower's space.
    """
    require_folder(folder, "clip")
    is_one = (folder / "config.json").exists()
    text_path = folder if is_one else component_path(folder, "text_encoder")
    tokenizer_path = folder if is_one else component_path(folder, "tokenizer")
    width = _shared_width(folder) if is_one else None
    text_tower = _tower(CLIPTextModelWithProjection, text_path, device, dtype, width)
    has_audio = "audio" in joint_modalities(folder)
    return ClipEncoder(
        text_tower=text_tower,
        tokenizer=AutoTokenizer.from_pretrained(tokenizer_path, local_files_only=True),
        vision=_vision_at(folder, folder, device, dtype, width) if is_one else _vision(folder, device, dtype),
        audio=_audio(folder, device, dtype, text_tower.config.projection_dim) if has_audio else None,
    )


def load_joint(
    root: Path, device: torch.device, dtype: torch.dtype = torch.float32, imagebind: ImageBindConfig = HUGE
) -> ClipEncoder | ImageBindEncoder:
    """The joint encoder of a models folder: ImageBind if it has imagebind/, else CLIP from clip/.

    imagebind: the sizes of its towers; the published ones, but for tests.  Raises MissingWeights, or ValueError for
    parts that do not fit each other.
    """
    folder = root / joint_layout(root)
    if joint_layout(root) == "clip":
        return load_clip(folder, device, dtype)
    own = folder / "tokenizer"
    # ImageBind is published without one; Stable Diffusion 2's text tower, OpenCLIP's, was taught the same byte pairs.
    tokenizer = own if own.is_dir() else component_path(root / "stable_unclip", "tokenizer")
    return load_imagebind(folder, tokenizer, device, dtype, imagebind)


def load_image_encoder(folder: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> ClipVision:
    """The image tower alone, as unCLIP and Zero-1-to-3 folders carry one. Raises MissingWeights."""
    require_folder(folder, "image_encoder")
    return _vision(folder, device, dtype)


def _frozen(network: nn.Module, device: torch.device) -> None:
    network.to(device).eval().requires_grad_(False)


def _network(
    kind: type[DiffusersModel], folder: Path, name: str, device: torch.device, dtype: torch.dtype
) -> DiffusersModel:
    path = component_path(folder, name)
    network, report = kind.from_pretrained(
        path,
        torch_dtype=dtype,
        use_safetensors=True,
        local_files_only=True,
        variant=weights_variant(path, "diffusion_pytorch_model"),
        low_cpu_mem_usage=is_accelerate_available(),
        output_loading_info=True,
    )
    _require_all(kind, path, "diffusion_pytorch_model", report["missing_keys"])
    _frozen(network, device)
    return network


def _shared_width(folder: Path) -> int | None:
    """How long the embeddings of a single CLIP folder are; its towers' own settings leave the library's default."""
    width = JsonFields.read(folder / "config.json").values.get("projection_dim")
    return width if isinstance(width, int) else None


def _tower(
    kind: type[Tower], path: Path, device: torch.device, dtype: torch.dtype, embedding_width: int | None = None
) -> Tower:
    """embedding_width: where it is not what the tower's own settings say."""
    settings = {} if embedding_width is None else {"projection_dim": embedding_width}
    tower, report = kind.from_pretrained(
        path,
        dtype=dtype,
        use_safetensors=True,
        local_files_only=True,
        variant=weights_variant(path, "model"),
        output_loading_info=True,
        **settings,
    )
    _require_all(kind, path, "model", report["missing_keys"])
    _frozen(tower, device)
    return tower


def _require_all(kind: type[nn.Module], path: Path, stem: str, missing: Collection[str]) -> None:
    """Raises MissingWeights: the hub's loaders only warn of these, and leave random numbers in their place."""
    if missing:
        problem = f"lacks {len(missing)} tensors, {min(missing)} among them"
        remedy = f"replace it with weights saved by {kind.__name__}"
        raise MissingWeights(path, (Damage(weights_file(path, stem), problem, remedy),))


def _audio(folder: Path, device: torch.device, dtype: torch.dtype, embedding_width: int) -> ClapAudio:
    path = component_path(folder, AUDIO_ENCODER)
    tower = _tower(ClapAudioModelWithProjection, path, device, dtype)
    preprocessing = SoundPreprocessing.read(path)
    preprocessing.require_fit(tower.config, path)
    if tower.config.projection_dim != embedding_width:
        raise ValueError(
            f"{path}: its embeddings have {tower.config.projection_dim} numbers, those of words {embedding_width}; "
            "both must have been trained into one space"
        )
    return ClapAudio(tower, preprocessing)


def _vision(folder: Path, device: torch.device, dtype: torch.dtype) -> ClipVision:
    tower, preprocessing = component_path(folder, "image_encoder"), component_path(folder, "feature_extractor")
    return _vision_at(tower, preprocessing, device, dtype)


def _vision_at(
    tower: Path, preprocessing: Path, device: torch.device, dtype: torch.dtype, embedding_width: int | None = None
) -> ClipVision:
    return ClipVision(
        _tower(CLIPVisionModelWithProjection, tower, device, dtype, embedding_width),
        ImagePreprocessing.read(preprocessing / "preprocessor_config.json"),
    )


def _codec(
    folder: Path, unet: UNet2DConditionModel, device: torch.device, dtype: torch.dtype, image_size: int | None
) -> LatentCodec:
    config = JsonFields.read(component_path(folder, "vae") / "config.json")
    kinds = {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}
    kind = kinds.get(config.text("_class_name"))
    if kind is None:
        raise config.wrong("_class_name", " or ".join(kinds))
    # Where the file does not say, diffusers holds that only the tiny one is safe.
    is_upcast_asked = bool(config.values.get("force_upcast", kind is AutoencoderKL))
    autoencoder: Autoencoder = _network(kind, folder, "vae", device, autoencoder_dtype(dtype, is_upcast_asked))
    return LatentCodec(autoencoder, image_size or unet.config.sample_size * downsampling(autoencoder))


def _schedule(path: Path, device: torch.device) -> tuple[NoiseSchedule, PredictionType]:
    """The noise levels a network was trained on, whichever sampler its folder recommends."""
    fields = JsonFields.read(path / "scheduler_config.json")
    scheduler = DDPMScheduler.from_config(
        {key: fields.values[key] for key in _SCHEDULE_KEYS if fields.values.get(key) is not None}
    )
    if scheduler.alphas_cumprod[-1] <= 0:
        raise ValueError(f"{fields.where}: the last noise level is infinite (rescale_betas_zero_snr); not supported")
    kind = prediction_type_named(scheduler.config.prediction_type, fields.where)
    return NoiseSchedule(scheduler.alphas_cumprod.double().to(device)), kind


_SCHEDULE_KEYS = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "rescale_betas_zero_snr",
)


def _cross_text(
    folder: Path,
    unet: UNet2DConditionModel,
    device: torch.device,
    dtype: torch.dtype,
    conditioning: UnclipConditioning | None,
) -> CrossText:
    if conditioning is not None:
        return SilentToken(unet.config.cross_attention_dim, device)
    tokenizer = AutoTokenizer.from_pretrained(component_path(folder, "tokenizer"), local_files_only=True)
    encoder = _tower(CLIPTextModel, component_path(folder, "text_encoder"), device, dtype)
    return TextTokens(tokenizer, encoder)


def _embedding_noise(
    folder: Path,
    unet: UNet2DConditionModel,
    device: torch.device,
    conditioning: UnclipConditioning | None,
    noise_level: int,
) -> EmbeddingNoise | None:
    """The folder's own statistics and schedule; a built-in folder keeps neither and uses the published model's."""
    if conditioning is None:
        path = component_path(folder, "image_normalizer")
        normalizer = StableUnCLIPImageNormalizer.from_pretrained(
            path,
            # Means and deviations enter sums, so they are float32 like them, also where they were published shorter.
            torch_dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            variant=weights_variant(path, "diffusion_pytorch_model"),
        )
        scheduler = DDPMScheduler.from_pretrained(component_path(folder, "image_noising_scheduler"))
    else:
        width = conditioning.embedding_width(unet.config.projection_class_embeddings_input_dim)
        if not conditioning.has_noise_level:
            return None
        normalizer = StableUnCLIPImageNormalizer(width)
        scheduler = DDPMScheduler(beta_schedule="squaredcos_cap_v2")
    _frozen(normalizer, device)
    return EmbeddingNoise(normalizer, scheduler, noise_level)


def _camera_projection(folder: Path, device: torch.device, dtype: torch.dtype) -> nn.Linear:
    """The one linear layer that the two layouts keep under different names."""
    name = next(component.name for component in CAMERA_PROJECTIONS if component_path(folder, component.name).exists())
    file = weights_file(component_path(folder, name), "diffusion_pytorch_model")
    tensors = load_file(file)
    weights = [tensor for key, tensor in tensors.items() if key.endswith("weight")]
    biases = [tensor for key, tensor in tensors.items() if key.endswith("bias")]
    if len(weights) != 1 or len(biases) != 1 or weights[0].ndim != 2:
        raise ValueError(f"{file}: expected one linear layer with weight and bias, got {', '.join(sorted(tensors))}")
    outputs, inputs = weights[0].shape
    projection = nn.Linear(inputs, outputs, device=device, dtype=dtype)
    projection.load_state_dict({"weight": weights[0], "bias": biases[0]})
    _frozen(projection, device)
    return projection
