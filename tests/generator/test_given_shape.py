"""A given mesh as the start of phase II: signed distances, boxes, outlines, and what becomes of them."""

import math
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
import torch
import trimesh
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.losses.kept_outline import KeptOutline
from any_to_3d.backend.generator.losses.reference_view import ReferenceView
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.recipe_json import recipe_from_plain, to_plain
from any_to_3d.backend.generator.recipes import builtin
from any_to_3d.backend.generator.recipes.refine import refined
from any_to_3d.backend.generator.rendering.view import TriangleMesh
from any_to_3d.backend.generator.representations.given_mesh import GivenMesh, SurfaceColours
from any_to_3d.backend.generator.representations.mesh_distance import MeshSurface, mesh_distances
from any_to_3d.backend.generator.representations.rough_shape import box_around, rough_shape
from any_to_3d.backend.generator.representations.tet_grid import A15Grid, KuhnGrid
from any_to_3d.backend.generator.schedules import value_at
from tiny_recipe import tiny, tiny_full
from toy_world import camera_at, runtime

BALL = Prompt.from_text("a red ball")
CPU = torch.device("cpu")
EXACT = MeshSurface(scale=1000.0, shell=0.0)
"""Nothing is clamped, and nothing thickened."""


def result_of(work: Generator[float, None, torch.Tensor]) -> torch.Tensor:
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


def as_mesh(shape: trimesh.Trimesh) -> TriangleMesh:
    return TriangleMesh(torch.from_numpy(np.array(shape.vertices)).float(), torch.from_numpy(np.array(shape.faces)))


def distances(shape: trimesh.Trimesh, grid: KuhnGrid | A15Grid, surface: MeshSurface = EXACT) -> torch.Tensor:
    """In world units, where nothing is clamped."""
    points = grid.positions(CPU)
    return result_of(mesh_distances(as_mesh(shape), points, grid, surface)) * surface.scale * 2 / grid.resolution


def within(grid: KuhnGrid | A15Grid) -> torch.Tensor:
    return ~grid.border(CPU)


@pytest.mark.parametrize("grid", [KuhnGrid(8), A15Grid(8)], ids=["Kuhn", "A15"])
def test_distances_to_a_box_are_those_of_its_formula(grid: KuhnGrid | A15Grid) -> None:
    points = grid.positions(CPU)
    half = torch.tensor([0.55, 0.4, 0.3])
    beyond = points.abs() - half
    expected = beyond.clamp_min(0).norm(dim=1) + beyond.amax(dim=1).clamp_max(0)
    found = distances(trimesh.creation.box(2 * half.numpy()), grid)
    torch.testing.assert_close(found[within(grid)], expected[within(grid)], atol=1e-4, rtol=0)


def test_distances_to_a_ball_are_radii() -> None:
    grid = KuhnGrid(12)
    found = distances(trimesh.creation.icosphere(5, 0.6), grid)
    expected = grid.positions(CPU).norm(dim=1) - 0.6
    torch.testing.assert_close(found[within(grid)], expected[within(grid)], atol=2e-3, rtol=0)


def test_a_box_without_its_lid_is_still_full() -> None:
    """Seen from the middle, five of six faces are left: a winding number of 5/6."""
    whole = trimesh.creation.box((1, 1, 1))
    open_box = trimesh.Trimesh(whole.vertices, whole.faces[whole.face_normals[:, 2] < 0.5], process=False)
    grid = KuhnGrid(8)
    found, points = distances(open_box, grid), grid.positions(CPU)
    middle = points.abs().amax(dim=1) < 1e-6
    assert found[middle].item() == pytest.approx(-0.5, abs=1e-4)
    assert (found[points[:, :2].abs().amax(dim=1) > 0.5 + 1e-6] > 0).all()
    assert (found[points[:, 2] > 0.75 - 1e-6] > 0).all()


def test_parts_that_cross_each_other_are_one_body() -> None:
    one, other = trimesh.creation.box((1, 0.5, 0.5)), trimesh.creation.box((0.5, 0.5, 1))
    grid = KuhnGrid(16)
    found = distances(trimesh.util.concatenate([one, other]), grid)
    points = grid.positions(CPU).abs()
    inside = ((points < torch.tensor([0.5, 0.25, 0.25])) | (points > 1)).all(dim=1)
    inside |= (points < torch.tensor([0.25, 0.25, 0.5])).all(dim=1)
    assert (found[inside] < 0).all()


def test_faces_may_wind_inwards() -> None:
    whole = trimesh.creation.box((0.9, 0.9, 0.9))
    turned = trimesh.Trimesh(whole.vertices, whole.faces[:, ::-1], process=False)
    assert torch.equal(distances(turned, KuhnGrid(8)), distances(whole, KuhnGrid(8)))


def test_a_sheet_gets_the_thickness_that_the_grid_can_show() -> None:
    corners = np.array([[-0.5, 0.03, -0.5], [0.5, 0.03, -0.5], [0.5, 0.03, 0.5], [-0.5, 0.03, 0.5]])
    sheet = trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], process=False)
    grid, points = KuhnGrid(16), KuhnGrid(16).positions(CPU)
    solid = distances(sheet, grid, MeshSurface()) < 0
    assert solid.sum() > 9 * 9
    assert (points[solid][:, 1] - 0.03).abs().max() < 0.9 * 2 / 16
    assert not (distances(sheet, grid, EXACT) < 0).any()


def test_a_mesh_without_triangles_is_refused() -> None:
    nothing = TriangleMesh(torch.zeros(3, 3), torch.zeros(0, 3, dtype=torch.int32))
    with pytest.raises(ValueError, match="has no triangles"):
        result_of(mesh_distances(nothing, torch.zeros(1, 3), KuhnGrid(4), EXACT))


def test_the_box_exceeds_the_mesh_and_never_the_field() -> None:
    vertices = torch.tensor([[-0.5, -0.2, 0.0], [0.5, 0.2, 0.0]])
    box = box_around(vertices, 0.25, 1.0)
    torch.testing.assert_close(box, torch.tensor([[-0.75, -0.3, -0.075], [0.75, 0.3, 0.075]]))
    assert box_around(2 * vertices, 0.25, 1.0)[1, 0] == 1.0


# --- runs -------------------------------------------------------------------------------------------------------------


def cube(side: float = 0.8) -> GivenMesh:
    mesh = as_mesh(trimesh.creation.box((side,) * 3))
    return GivenMesh(mesh.vertices, mesh.faces)


def last_step(recipe: Recipe, given: GivenMesh | None) -> Step:
    *_, step = generate(recipe, BALL, runtime(), given=given)
    assert isinstance(step, Step)
    return step


def outline_iou(step: Step, given: GivenMesh) -> float:
    """Mean over eight sides."""
    found, mesh = [], step.scene.extract()
    for azimuth in range(0, 360, 45):
        camera = camera_at(15.0, azimuth, size=64)
        covered = []
        for each in (mesh, TriangleMesh(given.vertices, given.faces)):
            corners = camera.clip(each.vertices)
            attributes = torch.ones(len(each.vertices), 1)
            kernels = step.running.runtime.kernels
            covered.append(kernels.rasterise(corners, each.faces, attributes, 64, 64).coverage > 0)
        found.append(((covered[0] & covered[1]).sum() / (covered[0] | covered[1]).sum()).item())
    return sum(found) / len(found)


def test_a_run_begins_with_the_given_shape() -> None:
    first = next(
        item for item in generate(refined(tiny(), 0.5), BALL, runtime(), given=cube()) if isinstance(item, Step)
    )
    assert first.phase.name == "geometry"
    assert outline_iou(first, cube()) > 0.93


def test_at_full_keep_the_outline_stays_although_all_priors_want_a_ball() -> None:
    recipe = tiny(1, 30, 1)
    kept, free = (outline_iou(last_step(refined(recipe, keep), cube()), cube()) for keep in (1.0, 0.0))
    assert kept >= 0.95
    assert free < kept - 0.02


def test_the_colours_that_a_mesh_has_are_there_at_the_start() -> None:
    points = torch.rand(4000, 3) - 0.5
    blue = torch.tensor([0.1, 0.2, 0.9]).expand(len(points), 3)
    given = replace(cube(), colours=SurfaceColours(points, blue))
    first = next(
        item for item in generate(refined(tiny(), 1.0), BALL, runtime(), given=given) if isinstance(item, Step)
    )
    seen = first.scene.albedo(0.4 * torch.nn.functional.normalize(points, dim=1))
    assert seen[:, 2].mean() > 0.7 > seen[:, 0].mean()


def test_the_published_recipe_can_be_refined_too() -> None:
    recipe = refined(tiny_full(), 0.5)
    assert [phase.name for phase in recipe.phases] == ["geometry", "texture"]
    assert recipe_from_plain(to_plain(recipe)) == recipe
    assert last_step(recipe, cube()).phase.name == "texture"


def test_the_reference_views_outline_gives_way() -> None:
    masks = []
    for keep in (0.0, 0.5, 1.0):
        losses = [weighted.loss for weighted in refined(tiny(), keep).phases[0].losses]
        masks += [loss.mask for loss in losses if isinstance(loss, ReferenceView)]
        assert any(isinstance(loss, KeptOutline) for loss in losses) is (keep > 0)
    assert masks == [1000.0, 500.0, 0.0]


@pytest.mark.parametrize("keep", [0.0, 1.0])
def test_the_texture_is_painted_anew_with_no_more_guidance_than_the_recipes_own(keep: float) -> None:
    own, made = builtin.XBIND.phases[-1], refined(builtin.XBIND, keep).phases[-1]
    losses = {each.loss.name: each for each in made.losses}
    for weighted in own.losses:
        loss, now = weighted.loss, losses[weighted.loss.name]
        if isinstance(loss, SDS):
            assert value_at(now.loss.t_high, 0.0) > 0.9 > value_at(loss.t_high, 0.0)
            assert now.loss.guidance_scale == loss.guidance_scale
        if isinstance(loss, ReferenceView):
            assert now.loss.rgb > loss.rgb
    assert made.start == own.start


def test_a_recipe_without_a_mesh_phase_cannot_be_refined() -> None:
    with pytest.raises(ValueError, match="has no phase that refines a mesh"):
        refined(replace(tiny(), phases=tiny().phases[:1]), 1.0)


def test_a_run_that_begins_with_a_mesh_needs_one() -> None:
    with pytest.raises(ValueError, match="begins with a given mesh"):
        next(generate(refined(tiny(), 1.0), BALL, runtime()))


def test_the_grid_follows_the_shape_to_its_volume() -> None:
    mesh = as_mesh(trimesh.creation.icosphere(4, 0.5))
    work = rough_shape(mesh, {}, KuhnGrid(24), MeshSurface(), 0.15, 1.0)
    while True:
        try:
            next(work)
        except StopIteration as done:
            shape = done.value
            break
    cell = (shape.box[1] - shape.box[0]).prod() / 24**3
    assert ((shape.sdf < 0).sum() * cell).item() == pytest.approx(4 / 3 * math.pi * 0.125, rel=0.05)
