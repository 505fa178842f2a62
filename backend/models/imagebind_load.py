"""ImageBind's three towers from a safetensors file in the published layout, checked tensor by tensor beforehand.

The authors' own file is a pickle; it is converted when it is fetched, and never read here.
"""

from pathlib import Path

import torch
from safetensors import safe_open

from .default_folder import fetch_command
from .folder_layout import Damage, MissingWeights, require_folder, weights_file
from .imagebind import ImageBindEncoder, ImageBindVision, image_preprocessing
from .imagebind_layout import HUGE, ImageBindConfig, TowerName, checkpoint_shapes, wrong_tensors
from .imagebind_text import read_prompt_tokens
from .imagebind_towers import ImageBindTower, build_tower

SHOWN_PROBLEMS = 5


def load_imagebind(
    folder: Path,
    tokenizer: Path,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    config: ImageBindConfig = HUGE,
) -> ImageBindEncoder:
    """The encoder from ``model.safetensors`` in a folder; tokenizer: the folder of CLIP's byte pairs.

    Trunks are in ``dtype``, heads in float32. Depth, thermal and motion towers in the file are not read.
    Raises MissingWeights naming the first wrong tensors, or ValueError for another tokenizer.
    """
    require_folder(folder, "imagebind")
    file = weights_file(folder, "model")
    _require_tensors(file, config)
    return ImageBindEncoder(
        vision=ImageBindVision(_tower(file, "vision", device, dtype, config), image_preprocessing(config.image_size)),
        text=_tower(file, "text", device, dtype, config),
        audio=_tower(file, "audio", device, dtype, config),
        tokens=read_prompt_tokens(tokenizer, config),
        device=device,
    )


def _require_tensors(file: Path, config: ImageBindConfig) -> None:
    with safe_open(file, framework="pt") as tensors:
        found = {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
    problems = wrong_tensors(found, checkpoint_shapes(config))
    if problems:
        shown = "; ".join(problems[:SHOWN_PROBLEMS])
        more = f"; and {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
        remedy = f"fetch ImageBind's own with: {fetch_command('imagebind', file.parent.parent)}"
        raise MissingWeights(file.parent, (Damage(file, f"is not imagebind_huge: {shown}{more}", remedy),))


def _tower(
    file: Path, name: TowerName, device: torch.device, dtype: torch.dtype, config: ImageBindConfig
) -> ImageBindTower:
    # On the meta device nothing is allocated or initialised before the file's own tensors take their places.
    with torch.device("meta"):
        tower = build_tower(name, config)
    with safe_open(file, framework="pt", device=str(device)) as tensors:
        state = {}
        for key in tower.state_dict():
            part, rest = key.split(".", 1)
            # Cosines of nearly parallel vectors need more digits than half precision has.
            exact = part in ("head", "postprocessor")
            state[key] = tensors.get_tensor(f"modality_{part}s.{name}.{rest}").to(torch.float32 if exact else dtype)
    tower.load_state_dict(state, assign=True)
    return tower.eval().requires_grad_(False)
