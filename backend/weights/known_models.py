"""The networks of profile full: what each is for, who publishes it, how large it is and what its licence forbids.

Revisions are those that other public projects pin; where none is known it is the branch. Sizes are of the files that
are fetched, in units of 10^9 bytes. Stability withdrew its own Stable Diffusion 2.x repositories in November 2025
(huggingface/diffusers issue 12874); sd2-community keeps copies.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ..models.joint_folder import joint_layout

ModelName = Literal["clip", "stable_unclip", "zero123", "imagebind"]
"""Each is also the folder's name inside a models folder."""


@dataclass(frozen=True)
class Licence:
    """Its name, and what it means for somebody who makes props with the model."""

    name: str
    meaning: str
    forbids_commercial_use: bool = False


@dataclass(frozen=True)
class HubRepository:
    """A repository of the Hugging Face hub, or of a server that speaks as it does; revision: commit, branch or tag."""

    repository: str
    revision: str = "main"

    def __str__(self) -> str:
        return self.repository


@dataclass(frozen=True)
class PickledFile:
    """One published file of pickled weights, with what it must be; it is converted, and never kept."""

    url: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return self.url


Source = HubRepository | PickledFile


@dataclass(frozen=True)
class KnownModel:
    """sources: the first is the default, the others are tried in order when it fails.

    is_default: whether profile full takes it unless the user fetched another one for the same role.
    """

    name: ModelName
    role: str
    sources: tuple[Source, ...]
    gigabytes: float
    licence: Licence
    is_default: bool = True


MIT = Licence("MIT", "any use, commercial too; keep the copyright notice when you pass the weights on")
OPENRAIL = Licence(
    "CreativeML Open RAIL++-M",
    "commercial use is allowed; the harmful uses that it lists are forbidden, to you and to whom you pass the weights",
)
ZERO123 = Licence(
    "MIT (as tagged)",
    "the copies and the code say MIT, so any use; its makers never said so of the XL weights themselves "
    "(allenai/objaverse-xl issue 3), so ask a lawyer before you ship with them",
)
NON_COMMERCIAL = Licence(
    "CC BY-NC-SA 4.0",
    "NO COMMERCIAL USE: not for props that you sell or that a company makes; name the authors, and share changed "
    "weights under the same licence",
    forbids_commercial_use=True,
)

KNOWN_MODELS = (
    KnownModel(
        "clip",
        "reads words and pictures (CLIP ViT-H/14 of OpenCLIP)",
        (HubRepository("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", "1c2b8495b28150b8a4922ee1c8edee224c284c0c"),),
        3.9,
        MIT,
    ),
    KnownModel(
        "stable_unclip",
        "2D prior (Stable unCLIP 2.1, the large one)",
        (
            HubRepository("sd2-community/stable-diffusion-2-1-unclip"),
            HubRepository("radames/stable-diffusion-2-1-unclip-img2img"),
            HubRepository("DESSEP/sd2.1-unclip-h-fp16"),
        ),
        2.6,
        OPENRAIL,
    ),
    KnownModel(
        "zero123",
        "3D-aware prior (Zero-1-to-3 XL)",
        (
            HubRepository("ashawkey/zero123-xl-diffusers", "10e9e8e75adaa3bf77f5ac9c381419016fed68c7"),
            HubRepository("bennyguo/zero123-xl-diffusers", "ae385edfaf74c677408f96bd04b513483bd326ac"),
            HubRepository("kxic/zero123-xl", "7d8aec2223b93e84eb26893d1e732e013523474b"),
        ),
        2.5,
        ZERO123,
    ),
    KnownModel(
        "imagebind",
        "reads words, pictures and sounds (ImageBind huge); once it is here, profile full uses it instead of clip",
        (
            HubRepository("nielsr/imagebind-huge", "51fc1ff707903501e60bdb2f73dd4e8818eef099"),
            PickledFile(
                "https://dl.fbaipublicfiles.com/imagebind/imagebind_huge.pth",
                4_803_584_173,
                "d6f6c22bedcc90708448d5d2fbb7b2db9c73f505dc89bd0b2e09b23af1b62157",
            ),
        ),
        4.8,
        NON_COMMERCIAL,
        is_default=False,
    ),
)
assert {model.name for model in KNOWN_MODELS} == set(get_args(ModelName))


def known_model(name: str) -> KnownModel:
    """Raises ValueError naming the models that there are."""
    for model in KNOWN_MODELS:
        if model.name == name:
            return model
    raise ValueError(f"there is no model {name!r}; allowed is {', '.join(get_args(ModelName))}")


def needed_models(root: Path) -> tuple[KnownModel, ...]:
    """What profile full reads in this models folder: both priors, and the joint encoder that its folders choose."""
    joint = joint_layout(root)
    return tuple(model for model in KNOWN_MODELS if model.name == joint or model.name in ("stable_unclip", "zero123"))
