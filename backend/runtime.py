"""Where the profiles differ, and the only place: which folder, which number type, which kernels."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import platformdirs
import torch

from .calibration_pictures import calibration_pictures
from .catalogue import ProfileName, require_models_folder
from .device_memory import missing_gpu
from .generator.condition_readers import put_readers_away, readers_at_hand
from .generator.losses.modality_similarity import ModalitySimilarity
from .generator.recipes import PRESETS
from .generator.recipes.xbind import PLANAR_SIZE
from .generator.runtime import Runtime
from .kernels.select import select_kernels
from .models.acceleration import accelerate, keep_compiled_networks
from .models.default_folder import chosen_models_folder
from .models.embedding_scale import RawImageEncoder, calibrated_scale
from .models.folder_layout import BUILTIN_FOLDER, MissingWeights, check_folder
from .models.joint_folder import joint_layout
from .models.load import load_joint, load_stable_unclip, load_zero123
from .models.precision import EXACT, choose_precision
from .models.stable_unclip import StableUnclipPrior
from .models.zero123 import Zero123Prior

log = logging.getLogger(__name__)

PLANAR: Literal["stable_unclip"] = "stable_unclip"
STEREO: Literal["zero123"] = "zero123"
JOINT: Literal["clip"] = "clip"
"""Folders of networks inside a models folder, and the layouts of their files; imagebind/ may stand for JOINT."""


def choose_device(name: str) -> torch.device:
    """The named device, or for "auto" the first GPU, else the CPU. Raises ValueError if torch does not have it."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device {name!r} is unknown; allowed is auto, cpu, cuda or cuda:0, cuda:1 ...") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ValueError(f"device {name!r} is not there: this torch sees {count} CUDA device(s); use --device cpu")
    return device


def models_root(profile: ProfileName, models_folder: Path | None) -> Path:
    """The folder with a profile's networks. Raises FileNotFoundError if that of profile full is not there."""
    require_models_folder(profile, models_folder)
    return chosen_models_folder(models_folder) if profile == "full" else BUILTIN_FOLDER


def require_networks(root: Path) -> None:
    """Raises MissingWeights naming every file that is missing or damaged in a models folder; loads none."""
    networks = (joint_layout(root), PLANAR, STEREO)
    if damages := tuple(damage for layout in networks for damage in check_folder(root / layout, layout)):
        raise MissingWeights(root, damages)


def build_runtime(
    profile: ProfileName,
    device: torch.device,
    models_folder: Path | None,
    seed: int = 0,
    is_compiling: bool = True,
) -> Runtime:
    """Load a profile's networks onto a device.

    is_compiling: on a GPU, the big networks; minutes the first time, seconds later.
    Raises MissingWeights naming every file that is missing, ValueError for a profile without folder or a bad device.
    """
    root = models_root(profile, models_folder)
    if device.type == "cuda" and device.index is not None:
        # Streams, recorded graphs and Triton's kernels go to the current device, which is the first unless one says.
        torch.cuda.set_device(device)
    precision = choose_precision(device) if profile == "full" else EXACT
    dtype = precision.dtype
    log.info(precision.described(device))
    if profile == "full" and device.type != "cuda":
        log.warning("profile=full device=%s estimate=a_day_an_object %s", device, " ".join(missing_gpu()).strip())
    kernels, chosen = select_kernels("auto", device)
    log.info(chosen)
    require_networks(root)
    # What only reads prompts and conditions leaves the device as soon as it is there: small cards cannot hold it all.
    joint = load_joint(root, device, dtype)
    joint.release()
    planar = load_stable_unclip(root / PLANAR, device, dtype)
    put_readers_away(planar)
    stereo = load_zero123(root / STEREO, device, dtype)
    put_readers_away(stereo)
    if profile == "full":
        keep_compiled_networks(platformdirs.user_cache_path("any-to-3d", appauthor=False) / "networks")
        shown = replace(planar, codec=planar.codec.at_size(min(PLANAR_SIZE, planar.image_size)))
        reading = _reading(shown, stereo, device)
        log.info(accelerate(shown, stereo, joint.vision, is_compiling, pictures_embedded(), reading))
    return Runtime(
        device=device,
        kernels=kernels,
        planar=_with_measured_scale(planar, root / PLANAR, joint.vision),
        stereo=stereo,
        joint=joint,
        image_encoder=joint.vision,
        seed=seed,
    )


@contextmanager
def _reading(planar: StableUnclipPrior, stereo: Zero123Prior, device: torch.device) -> Iterator[None]:
    with readers_at_hand(planar, device), readers_at_hand(stereo, device):
        yield


def pictures_embedded() -> list[int]:
    """How many pictures the similarity loss of profile full's presets shows at once, for one view."""
    phases = [phase for recipe in PRESETS["full"].values() for phase in recipe.phases]
    losses = [weighted.loss for phase in phases for weighted in phase.losses]
    return sorted({loss.picture_count for loss in losses if isinstance(loss, ModalitySimilarity)})


def _with_measured_scale(prior: StableUnclipPrior, folder: Path, vision: RawImageEncoder) -> StableUnclipPrior:
    """A published prior does not say how long its embeddings are; the built-in ones do."""
    if prior.conditioning is not None:
        return prior
    device = prior.unet.device
    return replace(prior, embedding_scale=calibrated_scale(folder, vision, lambda: calibration_pictures().to(device)))
