"""A given mesh that stays as it is: learning its colours, painting it anew, resuming, refusing."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.colour_fit import fit_colours
from any_to_3d.backend.generator.condition import Preparing
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.losses.kept_colours import KeptColours
from any_to_3d.backend.generator.matting import painted_over, spread
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.recipe_json import recipe_from_plain, to_plain
from any_to_3d.backend.generator.recipes import builtin, xbind
from any_to_3d.backend.generator.recipes.baselines import variants
from any_to_3d.backend.generator.recipes.retexture import retexture
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.representations.fixed_mesh import FixedMesh, FixedMeshScene
from any_to_3d.backend.generator.representations.given_mesh import GivenMesh, SurfaceColours
from generator.tiny_recipe import tiny
from generator.toy_world import BALL_COLOUR, BALL_RADIUS, camera_at, runtime
from torch import Tensor

PROMPT = Prompt.from_text("a red ball")


def ball(rings: int = 16, segments: int = 32) -> tuple[Tensor, Tensor]:
    """A ball of the toy world's size."""
    row, column = torch.meshgrid(torch.arange(rings + 1), torch.arange(segments), indexing="ij")
    polar, around = torch.pi * row / rings, 2 * torch.pi * column / segments
    points = [polar.sin() * around.sin(), -polar.sin() * around.cos(), polar.cos()]
    vertices = BALL_RADIUS * torch.stack(points, dim=-1).view(-1, 3)
    here, there = row[:-1] * segments + column[:-1], row[:-1] * segments + (column[:-1] + 1) % segments
    below, beside = here + segments, there + segments
    triangles = [torch.stack([here, below, beside], dim=-1), torch.stack([here, beside, there], dim=-1)]
    return vertices, torch.cat([each.view(-1, 3) for each in triangles]).int()


def two_coloured() -> GivenMesh:
    """Blue above, white below."""
    vertices, faces = ball()
    points = BALL_RADIUS * torch.nn.functional.normalize(torch.randn(4096, 3, generator=torch.manual_seed(0)), dim=1)
    is_above = (points[:, 2:] > 0).float()
    colours = is_above * torch.tensor([0.1, 0.2, 0.9]) + (1 - is_above) * torch.tensor([0.95, 0.95, 0.95])
    return GivenMesh(vertices, faces, SurfaceColours(points, colours))


def recipe_for(given: GivenMesh, strength: float = 1.0, steps: int = 6) -> Recipe:
    return retexture(tiny(texture=steps), strength, len(given.vertices), len(given.faces), given.colours is not None)


def steps_of(recipe: Recipe, given: GivenMesh | None, resume: checkpoint.Checkpoint | None = None) -> list[Step]:
    return [each for each in generate(recipe, PROMPT, runtime(), resume, given) if isinstance(each, Step)]


def state(scene: FixedMeshScene) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in scene.state_dict().items()}


def test_the_field_learns_the_two_colours_of_a_ball() -> None:
    given, world = two_coloured(), runtime()
    scene = FixedMesh(len(given.vertices), len(given.faces), builtin.FIELD, remembers=True).start(given, world)
    assert given.colours is not None
    fractions = [each.fraction for each in fit_colours(scene, given.colours, world)]
    assert fractions[0] == 0
    assert fractions == sorted(fractions)
    points, colours = given.colours.points, given.colours.colours
    is_clear = points[:, 2].abs() > 0.05
    assert (scene.albedo(points) - colours)[is_clear].abs().max() < 0.05
    assert torch.equal(scene.albedo(points), scene.albedo_before(points))


def test_painting_leaves_the_shape_as_it_is_and_brings_the_colour_of_the_prompt() -> None:
    given = two_coloured()
    steps = steps_of(recipe_for(given, steps=30), given)
    scene = steps[-1].scene
    assert isinstance(scene, FixedMeshScene)
    assert torch.equal(scene.vertices, given.vertices)
    assert torch.equal(scene.faces, given.faces)
    assert given.colours is not None
    points, red = given.colours.points, torch.tensor(BALL_COLOUR)
    before, after = ((colour(points) - red).abs().mean() for colour in (scene.albedo_before, scene.albedo))
    assert after < 0.6 * before


def test_a_resumed_run_ends_in_the_same_bytes(tmp_path: Path) -> None:
    given = two_coloured()
    recipe = recipe_for(given, strength=0.6)
    uninterrupted = state(steps_of(recipe, given)[-1].scene)
    for step in generate(recipe, PROMPT, runtime(), None, given):
        if isinstance(step, Step) and step.index == 2:
            checkpoint.save(step, tmp_path / "saved.safetensors")
            break
    resumed = state(steps_of(recipe, given, checkpoint.load(tmp_path / "saved.safetensors"))[-1].scene)
    assert resumed.keys() == uninterrupted.keys()
    assert all(torch.equal(resumed[name], tensor) for name, tensor in uninterrupted.items())


def test_a_checkpoint_holds_the_mesh_itself(tmp_path: Path) -> None:
    given = two_coloured()
    recipe = recipe_for(given, steps=1)
    checkpoint.save(steps_of(recipe, given)[-1], tmp_path / "saved.safetensors")
    again = steps_of(recipe, None, checkpoint.load(tmp_path / "saved.safetensors"))[-1].scene
    assert torch.equal(again.extract().vertices, given.vertices)


def test_learning_the_colours_can_be_stopped_at_any_report() -> None:
    given = two_coloured()
    run = generate(recipe_for(given), PROMPT, runtime(), None, given)
    first = next(run)
    assert isinstance(first, Preparing)
    assert first.what == "learning the present colours"
    run.close()


def test_the_reference_view_has_the_shapes_own_outline() -> None:
    given = two_coloured()
    step = steps_of(recipe_for(given, steps=1), given)[0]
    condition = step.running.stage_zero.condition
    assert condition.reference_mask is not None
    assert condition.reference_image is not None
    camera = replace(camera_at(0.0, 0.0, condition.reference_mask.shape[-1]))
    alpha = step.scene.render(camera, frozenset({"alpha"})).alpha
    assert alpha is not None
    assert torch.equal(condition.reference_mask > 0.5, alpha > 0.5)
    outside = condition.reference_mask.expand(-1, 3, -1, -1) < 0.5
    assert (condition.reference_image[outside] == 1).all()


def test_what_the_prior_leaves_white_inside_an_outline_takes_the_nearest_painted_colour() -> None:
    image, painted = torch.ones(3, 2, 4), torch.zeros(2, 4, dtype=torch.bool)
    image[:, 0, 0], image[:, 1, 3] = torch.tensor([1.0, 0, 0]), torch.tensor([0, 0, 1.0])
    painted[0, 0] = painted[1, 3] = True
    filled = spread(image, painted)
    assert filled[0].tolist() == [[1, 1, 0, 0], [1, 1, 0, 0]]
    assert filled[2].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1]]
    assert torch.equal(spread(image, torch.zeros_like(painted)), image)


def test_bare_parts_take_the_colour_of_the_paint_and_not_of_its_blurred_edge() -> None:
    image = torch.ones(3, 64, 64)
    image[:, 20:44, 20:40] = torch.tensor([0.0, 0.5, 0.0])[:, None, None]
    image[:, 20:44, 40:42] = 0.85  # half paint, half background
    outline = torch.zeros(64, 64, dtype=torch.bool)
    outline[20:44, 20:54] = True
    painted = outline.clone()
    painted[:, 42:] = False
    over = painted_over(image, outline, painted)
    assert torch.equal(over[:, outline], torch.tensor([0.0, 0.5, 0.0])[:, None].expand(-1, int(outline.sum())))
    assert torch.equal(over[:, ~outline], image[:, ~outline])
    assert torch.equal(painted_over(image, painted, painted), image), "nothing is bare"
    nearly_bare = outline & (torch.arange(64) == 41)
    assert painted_over(image, outline, nearly_bare)[:, outline].unique() == 0.85, "no paint but its edge"


def test_an_open_sheet_is_drawn_from_both_sides_with_normals_towards_the_camera() -> None:
    corners = torch.tensor([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]])
    sheet = GivenMesh(corners, torch.tensor([[0, 1, 2], [0, 2, 3]], dtype=torch.int32))
    scene = FixedMesh(4, 2, builtin.FIELD).start(sheet, runtime())
    for azimuth, towards in ((0.0, -1.0), (180.0, 1.0)):
        view = scene.render(camera_at(0.0, azimuth), frozenset({"rgb", "alpha", "normal"}))
        assert view.alpha is not None
        assert view.normal is not None
        middle = view.normal[0, :, 16, 16] * 2 - 1
        assert view.alpha[0, 0, 16, 16] == 1
        assert middle.tolist() == pytest.approx([0, towards, 0], abs=1e-5)


def test_kept_brightness_is_the_mean_square_of_the_change_of_luma_over_the_object() -> None:
    rgb, before = torch.full((1, 3, 2, 2), 0.5), torch.full((1, 3, 2, 2), 0.5)
    alpha = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    rgb[0, 1, 0, 0] += 0.1
    loss = KeptColours(brightness=10.0, colour=1.0).bind(runtime(), None, "rgb")
    value = loss(View(camera_at(0, 0), rgb, alpha, before=before), 0.0)
    assert float(value) == pytest.approx(10 * (0.587 * 0.1) ** 2 / 2 + 0.1**2 / 2)


@pytest.mark.parametrize("recipe", [builtin.XBIND, xbind.STANDARD])
def test_more_strength_is_more_noise_and_less_that_is_kept(recipe: Recipe) -> None:
    tint, half, new = (retexture(recipe, strength, 8, 12, has_colours=True) for strength in (0.1, 0.5, 1.0))
    assert tint.reference.shape_noise < half.reference.shape_noise < new.reference.shape_noise == 1
    kept = [
        next((each.loss.brightness for each in made.phases[0].losses if isinstance(each.loss, KeptColours)), 0.0)
        for made in (tint, half, new)
    ]
    assert kept[0] > kept[1] > kept[2] == 0


@pytest.mark.parametrize("recipe", [*builtin.PRESETS.values(), *xbind.PRESETS.values()])
def test_every_preset_gives_a_valid_recipe_that_survives_json(recipe: Recipe) -> None:
    made = retexture(recipe, 0.5, 8, 12, has_colours=True)
    made.validate()
    assert recipe_from_plain(to_plain(made)) == made


@pytest.mark.parametrize("recipe", [builtin.XBIND, xbind.STANDARD])
def test_no_more_than_four_reference_views_are_waited_for(recipe: Recipe) -> None:
    made = retexture(recipe, 1.0, 8, 12, has_colours=False)
    assert made.reference.candidates == min(4, recipe.reference.candidates)


def test_without_present_colours_all_is_new_whatever_the_strength() -> None:
    assert retexture(builtin.XBIND, 0.1, 8, 12, has_colours=False) == retexture(builtin.XBIND, 1.0, 8, 12, False)


def test_a_recipe_without_a_texture_phase_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="recipe 'phase1_only' has no texture phase"):
        retexture(variants(builtin.XBIND)["phase1_only"], 1.0, 8, 12, True)


def test_a_run_without_the_mesh_or_with_another_is_refused() -> None:
    given = two_coloured()
    recipe = recipe_for(given)
    with pytest.raises(ValueError, match="hand one to the run"):
        list(generate(recipe, PROMPT, runtime()))
    with pytest.raises(ValueError, match="the recipe was made for one with"):
        list(generate(recipe, PROMPT, runtime(), None, replace(given, faces=given.faces[:-1])))


def test_a_fixed_mesh_cannot_follow_a_phase_that_would_be_lost() -> None:
    made, own = retexture(builtin.XBIND, 1.0, 8, 12, True), builtin.XBIND.phases[0]
    with pytest.raises(ValueError, match="a FixedMesh starts from a given mesh, so 'coarse' would be lost"):
        replace(made, phases=(own, *made.phases)).validate()
