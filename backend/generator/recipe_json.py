"""Recipes to and from plain JSON values, so that a checkpoint or a report holds every number of its run."""

from dataclasses import fields, is_dataclass
from typing import Any

from ..kernels.hash_grid import HashGridConfig
from .cameras import CameraRange
from .losses.kept_colours import KeptColours
from .losses.kept_outline import KeptOutline
from .losses.modality_similarity import ModalitySimilarity
from .losses.reference_view import ReferenceView
from .losses.score_distillation import CDS, SDS
from .losses.surface import LaplacianSmoothness, NormalConsistency
from .losses.volume import NormalSmoothness, ZVariance
from .optimisers import Adam, Adan, LearningRates
from .recipe import Balanced, Phase, Recipe, ReferenceSampling, StereoCamera, Weighted
from .rendering.volume import RayMarch
from .representations.dmtet import DMTet
from .representations.field import FieldConfig
from .representations.fixed_mesh import FixedMesh
from .representations.mesh_distance import MeshSurface
from .representations.nerf import NeRF
from .representations.surface_from_density import DensitySurface
from .representations.tet_grid import A15Grid, KuhnGrid
from .representations.visible_surface import VisibleSurface
from .schedules import Piecewise, SquareRoot

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]

KIND = "kind"
"""The key that names a dataclass."""

_PARTS = (
    *(Recipe, ReferenceSampling, Phase, Weighted, Balanced, StereoCamera, CameraRange, Piecewise, SquareRoot),
    *(NeRF, DMTet, FixedMesh, FieldConfig, HashGridConfig, RayMarch, DensitySurface, VisibleSurface, KuhnGrid, A15Grid),
    *(Adam, Adan, LearningRates),
    *(SDS, CDS, ModalitySimilarity, ReferenceView, KeptColours),
    *(ZVariance, NormalSmoothness, NormalConsistency, LaplacianSmoothness),
    KeptOutline,
    MeshSurface,
)
_BY_NAME = {part.__name__: part for part in _PARTS}


def to_plain(part: object) -> Plain:
    """A recipe, or any part of one, as JSON values."""
    if is_dataclass(part):
        return {KIND: type(part).__name__, **{f.name: to_plain(getattr(part, f.name)) for f in fields(part)}}
    if isinstance(part, tuple):
        return [to_plain(item) for item in part]
    assert part is None or isinstance(part, bool | int | float | str), f"{part!r} cannot be part of a recipe"
    return part


def recipe_from_plain(value: Plain) -> Recipe:
    """The recipe that ``to_plain`` wrote. Raises ValueError for anything else."""
    recipe = _from_plain(value)
    if not isinstance(recipe, Recipe):
        raise ValueError(f"this is a {type(recipe).__name__}, not a recipe")
    return recipe


def _from_plain(value: Plain) -> object:
    match value:
        case dict():
            kind = value.get(KIND)
            if kind not in _BY_NAME:
                raise ValueError(f"a recipe has no part of kind {kind!r}; known are {sorted(_BY_NAME)}")
            # Any: each dataclass checks its own fields, here and in Recipe.validate.
            items: dict[str, Any] = {key: _from_plain(item) for key, item in value.items() if key != KIND}
            try:
                return _BY_NAME[kind](**items)
            except TypeError as error:
                raise ValueError(f"{kind} of another version: {error}") from error
        case list():
            return tuple(_from_plain(item) for item in value)
        case _:
            return value
