"""ImageBind of a few thousand random weights, in the names and shapes of the published checkpoint."""

import math
from pathlib import Path

import torch
from any_to_3d.backend.models.imagebind_layout import ImageBindConfig, TowerName, TrunkSize, checkpoint_shapes
from any_to_3d.backend.models.imagebind_towers import ImageBindTower, build_tower
from safetensors.torch import save_file
from tiny_checkpoints import CONTEXT, EMBEDDING, byte_pair_tokenizer
from torch import Tensor

TINY = ImageBindConfig(
    vision=TrunkSize(16, 2, 4),
    text=TrunkSize(12, 3, 3),
    audio=TrunkSize(8, 2, 2),
    embedding=EMBEDDING,
    image_size=28,
    vocabulary=len(byte_pair_tokenizer()),
    context=CONTEXT,
)
TEXT_SCALE = 30.0


def random_tensors(config: ImageBindConfig = TINY) -> dict[str, Tensor]:
    """float32, of the size that keeps activations near one; mask and scales as they are published."""
    torch.manual_seed(4)
    tensors = {key: 0.3 * torch.randn(shape) for key, shape in checkpoint_shapes(config).items()}
    tensors["modality_preprocessors.text.mask"] = torch.full((config.context, config.context), -math.inf).triu(1)
    tensors["modality_postprocessors.text.1.log_logit_scale"] = torch.tensor(math.log(TEXT_SCALE))
    tensors["modality_postprocessors.audio.1.log_logit_scale"] = torch.tensor(math.log(20.0))
    return tensors


def save_imagebind(folder: Path, tensors: dict[str, Tensor] | None = None) -> Path:
    """The folder, with its tokenizer in ``tokenizer/``."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(random_tensors() if tensors is None else tensors, folder / "model.safetensors")
    byte_pair_tokenizer().save_pretrained(folder / "tokenizer")
    return folder


def filled_tower(name: TowerName, tensors: dict[str, Tensor], config: ImageBindConfig = TINY) -> ImageBindTower:
    """In float64, its tensors found by the rule modality_<part>s.<tower>.<rest>."""
    tower = build_tower(name, config).double().eval().requires_grad_(False)
    state = {}
    for key in tower.state_dict():
        part, rest = key.split(".", 1)
        state[key] = tensors[f"modality_{part}s.{name}.{rest}"].double()
    tower.load_state_dict(state)
    return tower
