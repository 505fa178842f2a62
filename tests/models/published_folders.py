"""Folders as the hub has them, of narrowed random networks: every file, name and config key of the big ones."""

import json
from pathlib import Path

import torch
from any_to_3d.backend.models.published import (
    AUTOENCODER,
    UNCLIP_TEXT,
    UNCLIP_UNET,
    VIT_H_VISION,
    VIT_L_VISION,
    ZERO123_UNET,
    camera_projection,
)
from any_to_3d.backend.models.random_networks import letter_tokenizer
from diffusers import DDIMScheduler, DDPMScheduler, PNDMScheduler, StableUnCLIPImg2ImgPipeline
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer
from safetensors.torch import save_file
from transformers import CLIPImageProcessor

VOCABULARY = 64
EMBEDDING = VIT_H_VISION.narrowed().embedding_width
LEVELS = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "set_alpha_to_one": False,
}
"""The noise levels that the scheduler configs of both models share."""

ZERO123_SIZE = 56
"""Of latents 7: the image then has the size of the narrowed image tower's input, and no pipeline resizes it."""


def unclip_pipeline() -> StableUnCLIPImg2ImgPipeline:
    """Stable unCLIP 2.1 narrowed, with its own sampler; the label's statistics are not the identity."""
    torch.manual_seed(0)
    normalizer = StableUnCLIPImageNormalizer(EMBEDDING)
    with torch.no_grad():
        normalizer.mean.normal_()
        normalizer.std.uniform_(0.5, 2.0)
    pipeline = StableUnCLIPImg2ImgPipeline(
        feature_extractor=CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        image_encoder=VIT_H_VISION.narrowed().vision(),
        image_normalizer=normalizer,
        image_noising_scheduler=DDPMScheduler(beta_schedule="squaredcos_cap_v2"),
        tokenizer=letter_tokenizer(VOCABULARY),
        text_encoder=UNCLIP_TEXT.narrowed().text(VOCABULARY),
        unet=UNCLIP_UNET.narrowed().network(),
        scheduler=PNDMScheduler(**LEVELS, skip_prk_steps=True, prediction_type="v_prediction"),
        vae=AUTOENCODER.narrowed().network(),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def save_zero123(folder: Path, projection: str) -> None:
    """Zero-1-to-3 XL narrowed; ``projection`` is the component that tells its two diffusers conversions apart.

    clip_camera_projection: threestudio's (bennyguo, ashawkey). cc_projection: the community pipeline's (kxic).
    """
    torch.manual_seed(1)
    vision = VIT_L_VISION.narrowed(image_size=ZERO123_SIZE)
    shape = ZERO123_UNET.narrowed(latent_size=ZERO123_SIZE // 8)
    shape.network().save_pretrained(folder / "unet")
    AUTOENCODER.narrowed().network().save_pretrained(folder / "vae")
    vision.vision().save_pretrained(folder / "image_encoder")
    DDIMScheduler(**LEVELS, clip_sample=False).save_pretrained(folder / "scheduler")
    square = {"height": ZERO123_SIZE, "width": ZERO123_SIZE}
    CLIPImageProcessor(size={"shortest_edge": ZERO123_SIZE}, crop_size=square).save_pretrained(
        folder / "feature_extractor"
    )
    layer = camera_projection(vision.embedding_width, shape.cross_width)
    name, config = {
        "clip_camera_projection": (
            "proj",
            {
                "_class_name": "CLIPCameraProjection",
                "additional_embeddings": 4,
                "embedding_dim": vision.embedding_width,
            },
        ),
        "cc_projection": ("projection", {"_class_name": "CCProjection"}),
    }[projection]
    (folder / projection).mkdir()
    (folder / projection / "config.json").write_text(json.dumps(config))
    tensors = {f"{name}.{key}": value.detach().clone() for key, value in layer.state_dict().items()}
    save_file(tensors, folder / projection / "diffusion_pytorch_model.safetensors")
