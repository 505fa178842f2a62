"""The beginning of a run on a given mesh that stays as it is: its scene, and how it looks from the reference camera."""

from collections.abc import Generator
from dataclasses import replace

import torch

from .colour_fit import fit_colours
from .condition import Preparing, reference_camera
from .recipe import Recipe
from .rendering.view import View
from .representations.fixed_mesh import FixedMesh, FixedMeshScene
from .representations.given_mesh import GivenMesh
from .runtime import Runtime


def painted_scene(
    recipe: Recipe, given: GivenMesh | None, runtime: Runtime
) -> Generator[Preparing, None, FixedMeshScene | None]:
    """The scene of a recipe that begins with a FixedMesh, with the mesh's present colours; None for other recipes.

    Raises ValueError if such a recipe is given no mesh.
    """
    start = recipe.phases[0].start
    if not isinstance(start, FixedMesh):
        return None
    scene = start.start(given, runtime)
    if given is not None and given.colours is not None:
        yield from fit_colours(scene, given.colours, runtime)
    return scene


def seen_from_reference(scene: FixedMeshScene, recipe: Recipe, runtime: Runtime) -> View:
    """The scene's present colours and outline, as the reference view is to have them; at the 2D prior's size."""
    camera = replace(reference_camera(recipe.reference, runtime.planar.image_size, runtime.device), ray_noise=0.0)
    with torch.no_grad():
        return scene.render(camera, frozenset({"rgb", "alpha"}))
