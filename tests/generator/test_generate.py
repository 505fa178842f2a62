"""Algorithm 1 end to end in the toy world: known optima, seeds, failures, resuming."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.condition import Preparing
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.representations.scene import GenerationFailed
from tiny_recipe import tiny, tiny_full
from toy_world import BALL_COLOUR, BALL_RADIUS, runtime

BALL = Prompt.from_text("a red ball")


def steps_of(work: Iterator[Step | Preparing]) -> list[Step]:
    return [item for item in work if isinstance(item, Step)]


def last_step(recipe: Recipe, seed: int = 0) -> Step:
    return steps_of(generate(recipe, BALL, runtime(seed)))[-1]


@pytest.fixture(scope="module")
def ball() -> dict[str, Step]:
    """The last step of each phase of one run, with the meshes' shape noted while they lasted."""
    ends = {}
    for step in steps_of(generate(tiny(60, 20, 30), BALL, runtime())):
        if step.ends_phase:
            ends[step.phase.name] = step
    return ends


def test_phases_come_in_order_after_stage_zero() -> None:
    items = list(generate(tiny(2, 2, 2), BALL, runtime()))
    kinds = [item.phase.name if isinstance(item, Step) else "preparing" for item in items]
    assert kinds[0] == "preparing"
    assert [k for k in kinds if k != "preparing"] == ["coarse"] * 2 + ["geometry"] * 2 + ["texture"] * 2
    assert [item.ends_phase for item in items if isinstance(item, Step)] == [False, True] * 3


def test_phase_one_finds_the_ball(ball: dict[str, Step]) -> None:
    mesh = ball["coarse"].scene.extract(resolution=32)
    radii = mesh.vertices.norm(dim=1)
    assert radii.mean().item() == pytest.approx(BALL_RADIUS, abs=0.06)
    colour = ball["coarse"].scene.albedo(mesh.vertices).mean(dim=0)
    torch.testing.assert_close(colour, torch.tensor(BALL_COLOUR), atol=0.12, rtol=0)


def test_mesh_phases_keep_the_ball_closed_and_paint_it(ball: dict[str, Step]) -> None:
    scene = ball["texture"].scene
    mesh = scene.extract()
    sides = torch.cat([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]]).sort(dim=1).values
    assert torch.all(sides.unique(dim=0, return_counts=True)[1] == 2)
    assert mesh.vertices.norm(dim=1).mean().item() == pytest.approx(BALL_RADIUS, abs=0.06)
    torch.testing.assert_close(scene.albedo(mesh.vertices).mean(dim=0), torch.tensor(BALL_COLOUR), atol=0.08, rtol=0)


def test_the_recipe_of_the_published_networks_finds_the_ball_too() -> None:
    steps = steps_of(generate(tiny_full(), BALL, runtime(std=0.2)))
    assert all(loss.isfinite() for step in steps for loss in step.losses.values())
    radii = steps[-1].scene.extract().vertices.norm(dim=1)
    assert radii.mean().item() == pytest.approx(BALL_RADIUS, abs=0.1)
    assert set(steps[60].running.terms.channels(0)) == {"random", "stereo", "reference"}


def test_texture_phase_leaves_the_geometry_as_it_is(ball: dict[str, Step]) -> None:
    before, after = ball["geometry"].scene, ball["texture"].scene
    assert torch.equal(before.extract().vertices, after.extract().vertices)
    assert not torch.equal(before.albedo(torch.zeros(1, 3)), after.albedo(torch.zeros(1, 3)))


def test_same_seed_same_object_and_other_seed_another() -> None:
    first, again, other = (last_step(tiny(), seed).scene.extract().vertices for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert first.shape != other.shape or not torch.equal(first, other)


def test_switching_one_loss_off_leaves_the_others_random_draws() -> None:
    """The first step's losses do not see the dropped one; later steps do, through the scene."""
    recipe = tiny()
    with_it = steps_of(generate(recipe, BALL, runtime()))[0].losses
    without = steps_of(generate(recipe.without("modality similarity"), BALL, runtime()))[0].losses
    assert "modality similarity" not in without
    for name, value in without.items():
        assert value.item() == with_it[name].item(), name


def test_one_runtime_serves_two_runs_alike() -> None:
    world = runtime()
    first = steps_of(generate(tiny(3, 1, 1), BALL, world))[-1].scene.extract().vertices
    second = steps_of(generate(tiny(3, 1, 1), BALL, world))[-1].scene.extract().vertices
    assert torch.equal(first, second)


def test_a_bad_recipe_fails_before_anything_runs() -> None:
    broken = replace(tiny(), phases=tiny().phases[1:])
    with pytest.raises(ValueError, match="put a NeRF phase before it"):
        next(generate(broken, BALL, runtime()))


def test_a_missing_stereo_prior_is_named() -> None:
    with pytest.raises(ValueError, match="no 'stereo' prior"):
        next(generate(tiny(1, 1, 1), BALL, replace(runtime(), stereo=None)))


def test_a_recipe_without_stereo_losses_needs_no_stereo_prior() -> None:
    recipe = tiny(2, 1, 1).without("sds stereo")
    assert len(steps_of(generate(recipe, BALL, replace(runtime(), stereo=None)))) == 4


def test_a_phase_one_that_misses_the_reference_stops_with_a_reason() -> None:
    """The reference is a large square; the prior wants, and the weights give, a small ball of nothing like it."""
    rgba = torch.zeros(4, 32, 32)
    rgba[3] = 1.0
    coarse = tiny(30).phases[0]
    losses = tuple(replace(w, weight=0.0) if w.loss.name == "reference" else w for w in coarse.losses)
    recipe = replace(tiny(), phases=(replace(coarse, steps=30, losses=losses),))
    with pytest.raises(GenerationFailed, match="of the reference view's object"):
        steps_of(generate(recipe, replace(BALL, reference=rgba), runtime()))


@pytest.mark.parametrize("stop", [("coarse", 2), ("coarse", 5), ("geometry", 1), ("texture", 0)])
def test_a_resumed_run_is_bit_equal_to_one_that_never_stopped(stop: tuple[str, int], tmp_path: Path) -> None:
    recipe, path = tiny(), tmp_path / "job" / "checkpoint"
    straight = last_step(recipe)
    for step in generate(recipe, BALL, runtime()):
        if isinstance(step, Step) and (step.phase.name, step.index) == stop:
            checkpoint.save(step, path)
            break
    resumed = steps_of(generate(recipe, BALL, runtime(), resume=checkpoint.load(path)))
    assert resumed[-1].phase.name == "texture"
    for name, tensor in straight.scene.state_dict().items():
        assert torch.equal(tensor, resumed[-1].scene.state_dict()[name]), name


def test_a_run_that_stopped_after_its_last_step_gives_that_step_again(tmp_path: Path) -> None:
    """A worker that dies while the texture is painted must not leave a job that can never end."""
    recipe = tiny(2, 1, 1)
    for step in steps_of(generate(recipe, BALL, runtime())):
        checkpoint.save(step, tmp_path / "checkpoint")
    (again,) = steps_of(generate(recipe, BALL, runtime(), resume=checkpoint.load(tmp_path / "checkpoint")))
    assert (again.phase.name, again.index, again.ends_phase) == ("texture", 0, True)
    for name, tensor in step.scene.state_dict().items():
        assert torch.equal(tensor, again.scene.state_dict()[name]), name


def test_resuming_skips_stage_zero_and_finished_steps(tmp_path: Path) -> None:
    recipe = tiny(4, 2, 1)
    for step in generate(recipe, BALL, runtime()):
        if isinstance(step, Step) and step.phase.name == "geometry":
            checkpoint.save(step, tmp_path / "checkpoint")
            break
    items = list(generate(recipe, BALL, runtime(), resume=checkpoint.load(tmp_path / "checkpoint")))
    assert [(item.phase.name, item.index) for item in items] == [("geometry", 1), ("texture", 0)]


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    first = next(item for item in generate(tiny(2, 1, 1), BALL, runtime()) if isinstance(item, Step))
    checkpoint.save(first, tmp_path / "checkpoint")
    with pytest.raises(ValueError, match="another version of recipe 'tiny'"):
        next(generate(tiny(3, 1, 1), BALL, runtime(), resume=checkpoint.load(tmp_path / "checkpoint")))


def test_a_broken_or_missing_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"not a checkpoint")
    for path in (tmp_path / "broken", tmp_path / "missing"):
        with pytest.raises(ValueError, match=f"no readable checkpoint at .*{path.name}"):
            checkpoint.load(path)


def test_saving_again_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    for step in steps_of(generate(tiny(2, 1, 1), BALL, runtime())):
        checkpoint.save(step, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint"]
    assert checkpoint.load(path).phase_index == 2
