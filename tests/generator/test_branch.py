"""Branches of a run: what follows a checkpoint when the same is asked for, and when something else is."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import trimesh
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.branch import Branch, continued, onto_mesh
from any_to_3d.backend.generator.checkpoint import Checkpoint
from any_to_3d.backend.generator.condition import Preparing
from any_to_3d.backend.generator.finishable import finishable
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Prompt, Text, WeightedPrompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.rendering.view import TriangleMesh
from any_to_3d.backend.generator.representations.dmtet import DmtetScene
from any_to_3d.backend.generator.representations.nerf import NerfScene
from any_to_3d.backend.generator.representations.tet_grid import KuhnGrid
from tiny_recipe import tiny
from toy_world import runtime

BALL = Prompt.from_text("a red ball")
RECIPE = tiny(5, 4, 3)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run's folder: a checkpoint after each phase, one within the second, and "last", the object."""
    folder = tmp_path_factory.mktemp("run")
    for step in generate(RECIPE, BALL, runtime(seed=3)):
        if isinstance(step, Step):
            if step.ends_phase:
                checkpoint.save(step, folder / step.phase.name)
            if (step.phase.name, step.index) == ("geometry", 1):
                checkpoint.save(step, folder / "within")
    return folder


def saved_in(folder: Path, name: str) -> Checkpoint:
    return checkpoint.load(folder / name)


def run(branch: Branch, prompt: Prompt = BALL, seed: int = 3, until: str = "") -> list[Step | Preparing]:
    return list(generate(branch.recipe, prompt, runtime(seed), branch.checkpoint, until=until))


def steps_of(items: list[Step | Preparing]) -> list[Step]:
    return [item for item in items if isinstance(item, Step)]


def assert_equal(step: Step, saved: Checkpoint) -> None:
    for name, tensor in step.scene.state_dict().items():
        assert torch.equal(tensor, saved.tensors[f"scene/{name}"]), name


@pytest.mark.parametrize("name", ["coarse", "within", "geometry", "texture"])
@pytest.mark.parametrize("prompt", [BALL, Prompt(())], ids=["the same prompt", "no prompt"])
def test_the_same_request_gives_the_same_object_bit_for_bit(straight: Path, name: str, prompt: Prompt) -> None:
    branch = continued(saved_in(straight, name), RECIPE, prompt)
    assert branch.notices == ()
    items = run(branch, prompt)
    assert not any(isinstance(item, Preparing) for item in items)
    assert_equal(steps_of(items)[-1], saved_in(straight, "texture"))


def test_another_seed_gives_another_object(straight: Path) -> None:
    last = steps_of(run(continued(saved_in(straight, "coarse"), RECIPE, BALL), seed=4))[-1]
    state = saved_in(straight, "texture").tensors
    assert not torch.equal(last.scene.state_dict()["sdf"], state["scene/sdf"])


def test_another_prompt_goes_through_stage_zero_anew_and_keeps_the_shape_that_there_is(straight: Path) -> None:
    other = Prompt.from_text("a blue ball")
    branch = continued(saved_in(straight, "geometry"), RECIPE, other)
    items = run(branch, other)
    assert isinstance(items[0], Preparing)
    first = steps_of(items)[0]
    assert first.phase.name == "texture"
    assert torch.equal(first.scene.state_dict()["sdf"], saved_in(straight, "geometry").tensors["scene/sdf"])
    assert first.running.prompt_digest == other.digest() != BALL.digest()
    assert first.running.stage_zero.condition.text == "a blue ball"


def test_another_reference_camera_is_another_condition(straight: Path) -> None:
    turned = replace(RECIPE, reference=replace(RECIPE.reference, azimuth=90.0))
    branch = continued(saved_in(straight, "coarse"), turned, BALL)
    assert branch.recipe.reference.azimuth == 90.0
    assert isinstance(next(generate(branch.recipe, BALL, runtime(3), branch.checkpoint)), Preparing)


def test_later_phases_are_the_asked_recipes_and_begun_ones_stay(straight: Path) -> None:
    asked = tiny(9, 6, 2)
    branch = continued(saved_in(straight, "within"), asked, BALL)
    assert [phase.steps for phase in branch.recipe.phases] == [5, 4, 2]
    assert branch.notices == ("The phase 'geometry' ends with the settings that it began with.",)
    assert [step.phase.name for step in steps_of(run(branch))] == ["geometry"] * 2 + ["texture"] * 2


def test_a_branch_of_phase_one_ends_as_a_run_of_the_new_recipe_would(straight: Path) -> None:
    longer = tiny(5, 6, 3)
    last = steps_of(run(continued(saved_in(straight, "coarse"), longer, BALL)))[-1]
    (*_, whole) = generate(longer, BALL, runtime(3))
    for name, tensor in whole.scene.state_dict().items():
        assert torch.equal(tensor, last.scene.state_dict()[name]), name


def other_lattice(recipe: Recipe) -> Recipe:
    phases = [
        phase if number == 0 else replace(phase, start=replace(phase.start, grid=KuhnGrid(24)))
        for number, phase in enumerate(recipe.phases)
    ]
    return replace(recipe, phases=tuple(phases))


def test_a_surface_keeps_its_lattice_and_the_artist_is_told(straight: Path) -> None:
    branch = continued(saved_in(straight, "geometry"), other_lattice(RECIPE), BALL)
    assert branch.notices == ("The surface keeps its lattice of 20 steps a side.",)
    assert len(steps_of(run(branch))) == 3


def test_a_radiance_field_takes_any_lattice(straight: Path) -> None:
    branch = continued(saved_in(straight, "coarse"), other_lattice(RECIPE), BALL)
    assert branch.notices == ()
    assert len(steps_of(run(branch))[-1].scene.state_dict()["sdf"]) == 25**3


def test_further_steps_follow_the_last_phase_with_its_schedules_at_their_end(straight: Path) -> None:
    branch = continued(saved_in(straight, "texture"), RECIPE, BALL, more_steps=2)
    steps = steps_of(run(branch))
    assert [(step.phase.name, step.index) for step in steps] == [("texture", 3), ("texture", 4)]
    assert [branch.recipe.phases[2].progress(index) for index in (0, 3, 4)] == [0.0, 1.0, 1.0]
    (again, *_) = steps_of(run(continued(saved_in(straight, "geometry"), RECIPE, BALL, more_steps=2)))[-1:]
    for name, tensor in again.scene.state_dict().items():
        assert torch.equal(tensor, steps[-1].scene.state_dict()[name]), name


def test_further_steps_of_a_phase_that_ends_the_run(straight: Path) -> None:
    branch = continued(saved_in(straight, "geometry"), RECIPE, BALL, more_steps=2, until="geometry")
    assert [(s.phase.name, s.index) for s in steps_of(run(branch, until="geometry"))] == [
        ("geometry", 4),
        ("geometry", 5),
    ]


def test_a_run_ends_after_the_phase_that_it_was_asked_for(straight: Path) -> None:
    steps = steps_of(list(generate(RECIPE, BALL, runtime(3), until="coarse")))
    assert [step.phase.name for step in steps] == ["coarse"] * 5
    assert_equal(steps[-1], saved_in(straight, "coarse"))


def test_a_run_that_stopped_after_that_phase_gives_its_last_step_again(straight: Path) -> None:
    (again,) = steps_of(run(continued(saved_in(straight, "coarse"), RECIPE, BALL, until="coarse"), until="coarse"))
    assert (again.phase.name, again.index) == ("coarse", 4)


def test_a_run_cannot_end_before_its_checkpoint(straight: Path) -> None:
    with pytest.raises(ValueError, match=r"lies in phase 'geometry', after 'coarse', the last one to run"):
        continued(saved_in(straight, "geometry"), RECIPE, BALL, until="coarse")
    with pytest.raises(ValueError, match=r"has no phase 'paint'; it has coarse, geometry, texture"):
        continued(saved_in(straight, "geometry"), RECIPE, BALL, until="paint")


def test_a_radiance_field_is_finished_as_the_mesh_that_would_follow_it(straight: Path) -> None:
    (step,) = steps_of(run(continued(saved_in(straight, "coarse"), RECIPE, BALL, until="coarse"), until="coarse"))
    assert isinstance(step.scene, NerfScene)
    before = {name: state.clone() for name, state in step.running.runtime.random_state().items()}
    mesh = finishable(step)
    assert isinstance(mesh, DmtetScene)
    faces = mesh.extract().faces
    edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(dim=1).values
    assert torch.all(edges.unique(dim=0, return_counts=True)[1] == 2)
    points = torch.rand(50, 3) - 0.5
    assert torch.equal(mesh.albedo(points), step.scene.albedo(points))
    assert all(torch.equal(state, before[name]) for name, state in step.running.runtime.random_state().items())


def test_a_mesh_is_finished_as_it_is(straight: Path) -> None:
    (step,) = steps_of(run(continued(saved_in(straight, "texture"), RECIPE, BALL)))
    assert finishable(step) is step.scene


def test_prompts_are_told_apart_by_their_content() -> None:
    pixels = torch.rand(3, 4, 4)
    prompts = [
        BALL,
        Prompt.from_text("a red bell"),
        replace(BALL, negative="blue"),
        replace(BALL, parts=(WeightedPrompt(Text("a red ball"), 2.0),)),
        replace(BALL, reference=torch.cat([pixels, torch.ones(1, 4, 4)])),
    ]
    assert len({prompt.digest() for prompt in prompts}) == len(prompts)
    assert Prompt.from_text("a red ball").digest() == BALL.digest()


def cube() -> TriangleMesh:
    made = trimesh.creation.box((0.9, 0.9, 0.9))
    return TriangleMesh(torch.tensor(made.vertices, dtype=torch.float32), torch.tensor(made.faces, dtype=torch.int32))


def test_an_edited_mesh_takes_the_place_of_the_shape_and_only_the_last_phase_follows(straight: Path) -> None:
    items = run(onto_mesh(saved_in(straight, "geometry"), RECIPE, BALL, cube()))
    assert [item.phase.name for item in items if isinstance(item, Step)] == ["texture"] * 3 == ["texture"] * len(items)
    assert torch.equal(steps_of(items)[-1].scene.extract().vertices, cube().vertices)


def test_another_prompt_is_painted_within_the_edited_meshs_outline(straight: Path) -> None:
    other = Prompt.from_text("a blue ball")
    first = steps_of(run(onto_mesh(saved_in(straight, "geometry"), RECIPE, other, cube()), other))[0]
    mask = first.running.stage_zero.condition.reference_mask
    assert mask is not None
    rows, columns = (mask[0, 0] > 0.5).nonzero(as_tuple=True)
    filled = len(rows) / ((rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1))
    assert filled > 0.95  # a square; the ball that the prior wants would fill pi / 4


def test_a_recipe_that_ends_without_a_mesh_cannot_paint_one(straight: Path) -> None:
    with pytest.raises(ValueError, match="ends without a mesh"):
        onto_mesh(saved_in(straight, "coarse"), replace(RECIPE, phases=RECIPE.phases[:1]), BALL, cube())
