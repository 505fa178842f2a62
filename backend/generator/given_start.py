"""The beginning of a run on a given mesh: its painted scene, how that looks to the reference camera, its shape."""

from collections.abc import Generator
from dataclasses import replace

import torch

from .colour_fit import fit_colours
from .condition import Preparing, reference_camera
from .recipe import Recipe
from .rendering.view import View
from .representations.dmtet import DMTet
from .representations.fixed_mesh import FixedMesh, FixedMeshScene
from .representations.given_mesh import GivenMesh, RoughShape
from .representations.rough_shape import rough_shape
from .runtime import Runtime


def painted_scene(
    recipe: Recipe, given: GivenMesh | None, runtime: Runtime
) -> Generator[Preparing, None, FixedMeshScene | None]:
    """A scene of the mesh that the recipe begins with, in its present colours; None for a recipe that begins with none.

    Raises ValueError if such a recipe is given no mesh.
    """
    start = recipe.phases[0].start
    if isinstance(start, DMTet):
        if given is None:
            raise ValueError("the recipe begins with a given mesh; hand one to the run")
        start = FixedMesh(len(given.vertices), len(given.faces), start.field)
    if not isinstance(start, FixedMesh):
        return None
    scene = start.start(given, runtime)
    if given is not None and given.colours is not None:
        yield from fit_colours(scene, given.colours, runtime)
    return scene


def first_scene(recipe: Recipe, painted: FixedMeshScene) -> Generator[Preparing, None, FixedMeshScene | RoughShape]:
    """What the first phase takes over: the painted scene itself, or its shape on the phase's tetrahedral grid."""
    start = recipe.phases[0].start
    if not isinstance(start, DMTet):
        return painted
    assert start.given is not None, "a recipe is validated before it runs"
    work = rough_shape(
        painted.extract(), painted.field.state_dict(), start.grid, start.given, start.margin, start.field.radius
    )
    while True:
        try:
            yield Preparing("measuring the given shape", next(work))
        except StopIteration as done:
            return done.value


def seen_from_reference(scene: FixedMeshScene, recipe: Recipe, runtime: Runtime) -> View:
    """The scene's present colours and outline, as the reference view is to have them; at the 2D prior's size."""
    camera = replace(reference_camera(recipe.reference, runtime.planar.image_size, runtime.device), ray_noise=0.0)
    with torch.no_grad():
        return scene.render(camera, frozenset({"rgb", "alpha"}))
