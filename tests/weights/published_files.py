"""Files in the layouts of the published repositories, with weights of a few hundred numbers, pickled ones beside."""

import json

import torch
from safetensors.torch import save

PICKLE = b"\x80\x04 not read by anybody"


def weights(seed: int, count: int = 500) -> bytes:
    generator = torch.Generator().manual_seed(seed)
    return save({"weight": torch.rand(count, generator=generator)}, {"format": "pt"})


def config(name: str) -> bytes:
    return json.dumps({"name": name}).encode()


def clip_files() -> dict[str, bytes]:
    """As laion/CLIP-ViT-H-14-laion2B-s32B-b79K: one folder, and the same weights in four other forms."""
    others = ("pytorch_model.bin", "open_clip_pytorch_model.bin", "open_clip_model.safetensors", "flax.msgpack")
    return {
        "README.md": b"---\nlicense: mit\n---\n",
        "config.json": config("clip"),
        "model.safetensors": weights(0, 5000),
        **dict.fromkeys(others, PICKLE),
        "tokenizer.json": config("tokenizer"),
        "vocab.json": config("vocabulary"),
        "merges.txt": b"a b\n",
        "preprocessor_config.json": config("preprocessor"),
    }


def zero123_files(
    projection: str = "clip_camera_projection", stem: str = "diffusion_pytorch_model"
) -> dict[str, bytes]:
    """As the copies of Zero-1-to-3 XL; the two common layouts differ in the projection's name."""
    files = {"model_index.json": config("index")}
    for number, component in enumerate(("unet", "vae", projection)):
        files[f"{component}/config.json"] = config(component)
        files[f"{component}/{stem}.safetensors"] = weights(number)
        files[f"{component}/{stem}.bin"] = PICKLE
    return {
        **files,
        "scheduler/scheduler_config.json": config("scheduler"),
        "image_encoder/config.json": config("image_encoder"),
        "image_encoder/model.safetensors": weights(7),
        "feature_extractor/preprocessor_config.json": config("preprocessor"),
    }


def unclip_files() -> dict[str, bytes]:
    """As stable-diffusion-2-1-unclip: two precisions of each network, and an image encoder that clip has as well."""
    files = {"sd21-unclip-h.ckpt": PICKLE, "LICENSE-MODEL": b"terms", "model_index.json": config("index")}
    stems = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model", "text_encoder": "model"}
    for number, (component, stem) in enumerate((stems | {"image_normalizer": "diffusion_pytorch_model"}).items()):
        files[f"{component}/config.json"] = config(component)
        files[f"{component}/{stem}.safetensors"] = weights(number, 1000)
        files[f"{component}/{stem}.fp16.safetensors"] = weights(number)
        files[f"{component}/{stem}.bin"] = PICKLE
    return {
        **files,
        "tokenizer/vocab.json": config("vocabulary"),
        "tokenizer/merges.txt": b"a b\n",
        "scheduler/scheduler_config.json": config("scheduler"),
        "image_noising_scheduler/scheduler_config.json": config("scheduler"),
        "image_encoder/config.json": config("image_encoder"),
        "image_encoder/model.safetensors": weights(9),
    }
