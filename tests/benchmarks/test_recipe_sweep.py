"""The sweep of the built-in recipe: what it refuses, what it makes in a toy world, tables of hand-made records."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import recipe_sweep
import recipe_variations
from any_to_3d.backend.evaluation.judges import INDEPENDENT
from any_to_3d.backend.evaluation.measures.mesh_quality import ShapeMatch, Soundness
from any_to_3d.backend.evaluation.measures.r_precision import Retrieval
from any_to_3d.backend.evaluation.measures.texture_quality import TextureMatch
from any_to_3d.backend.evaluation.scores import PhaseScores, Verdict
from any_to_3d.shared.mesh import TexturedMesh
from prop_meshes import colour_judge
from recipe_sweep import BASE, MEASURES, XBIND, Arguments, Sweep, Trial, main, require_known, source_of, write_tables
from tiny_recipe import tiny
from toy_world import runtime

PHASES = [phase.name for phase in XBIND.phases]
FASTER, HEAVIER = "II rate x 2", "I stereo x 2"
BARS = len(MEASURES) + 3


@pytest.mark.parametrize("prompt", ["red dragon", "beige chair", "chair", "chair red", "a red chair"])
def test_a_prompt_that_is_no_known_colour_and_class_is_refused_before_anything_is_made(prompt: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main(Arguments(prompts=("red chair", prompt)))
    said = str(refused.value)
    assert said.startswith(f"prompts: got {prompt!r}; each must be a colour and a class, such as 'red chair'.")
    assert "Colours: red, orange, " in said
    assert " mug" in said.partition("Classes: ")[2]


def test_the_prompts_of_the_sweep_itself_are_known() -> None:
    require_known(Arguments().prompts)


LONGER_COARSE, LONGER_TEXTURE = "I steps x 2", "III steps x 2"


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[TexturedMesh]:
    """The sweep over a recipe of few steps; the meshes that it gave to be scored, which is not done."""
    meshes: list[TexturedMesh] = []
    verdict = Verdict(INDEPENDENT, 0.0, Retrieval(0.5, 0.5, 0.25))
    shape, texture = ShapeMatch(1.0, 0.9, 20.0, 1.2), TextureMatch(18.0, 22.0)

    def phase_scores(mesh: TexturedMesh, *others: object) -> PhaseScores:
        meshes.append(mesh)
        return PhaseScores((verdict,), Soundness(4, 4, 1, True, True, 0), shape, texture)

    monkeypatch.setattr(recipe_sweep, "XBIND", tiny(4, 1, 1))
    monkeypatch.setattr(recipe_variations, "XBIND", tiny(4, 1, 1))
    monkeypatch.setattr(recipe_sweep, "phase_scores", phase_scores)
    monkeypatch.setitem(recipe_sweep.TEXTURE_SIZE, "builtin", 64)
    return meshes


def sweep(out: Path, *variations: str, seed: int = 0) -> Sweep:
    return Sweep(Arguments(out, variations=variations), runtime(seed), (colour_judge(INDEPENDENT),))


def recorded(out: Path, variation: str) -> list[Trial]:
    file = out / "red-mug" / f"{variation.replace(' ', '-')}.json"
    return [Trial(**trial) for trial in json.loads(file.read_text("utf-8"))]


def test_a_variation_goes_on_from_the_recipes_own_checkpoint(tmp_path: Path, scored: list[TexturedMesh]) -> None:
    sweep(tmp_path, LONGER_COARSE).of("red mug")
    base, longer = scored[:3], scored[3:]
    for variation in (BASE, LONGER_COARSE):
        assert [(trial.phase, trial.failure) for trial in recorded(tmp_path, variation)] == [(p, "") for p in PHASES]
    assert not np.array_equal(longer[0].vertices, base[0].vertices)
    scored.clear()

    # Of another seed, so that only a checkpoint can bring the same geometry; what is done is not done again.
    sweep(tmp_path, LONGER_COARSE, LONGER_TEXTURE, seed=1).of("red mug")
    (repainted,) = scored
    (trial,) = recorded(tmp_path, LONGER_TEXTURE)
    assert (trial.phase, trial.failure) == (PHASES[-1], "")
    assert trial.scores == trial.scores | {"R@1": 0.5, "cosine": 0.25, "chamfer %": 1.0, "texture dB": 22.0}
    assert set(trial.scores) == set(MEASURES)
    assert np.array_equal(repainted.vertices, base[-1].vertices)
    assert not np.array_equal(repainted.albedo, base[-1].albedo)


def test_a_later_variation_is_left_out_where_the_recipe_itself_failed_before_it(
    tmp_path: Path, scored: list[TexturedMesh], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fog(*arguments: object) -> None:
        raise recipe_sweep.GenerationFailed("fog")

    monkeypatch.setattr(recipe_sweep, "generate", fog)
    sweep(tmp_path, LONGER_TEXTURE).of("red mug")
    assert recorded(tmp_path, BASE) == [Trial(BASE, "red mug", PHASES[-1], failure="fog")]
    assert [file.name for file in (tmp_path / "red-mug").iterdir()] == [f"{BASE}.json"]
    assert scored == []


def record(out: Path, variation: str, prompt: str, trials: list[Trial]) -> None:
    folder = out / prompt.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{variation.replace(' ', '-')}.json").write_text(json.dumps([asdict(trial) for trial in trials]))


def finished(variation: str, prompt: str, phases: list[str], score: float, seconds: float) -> list[Trial]:
    scores = dict.fromkeys(MEASURES, score) | {"seconds": seconds}
    return [Trial(variation, prompt, phase, scores) for phase in phases]


def rows(out: Path) -> list[str]:
    return [line for line in (out / "sweep.md").read_text("utf-8").splitlines() if line.startswith("|")]


def test_tables_pair_a_variation_with_the_recipe_prompt_by_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, prompt in enumerate(("red chair", "blue rocket", "yellow mug")):
        record(tmp_path, BASE, prompt, finished(BASE, prompt, PHASES, 0.1 * number, 100.0))
        record(tmp_path, FASTER, prompt, finished(FASTER, prompt, PHASES[1:], 0.1 * number + 0.25, 250.0))
    record(tmp_path, HEAVIER, "red chair", finished(HEAVIER, "red chair", PHASES, 0.5, 100.0))
    record(tmp_path, HEAVIER, "yellow mug", [Trial(HEAVIER, "yellow mug", PHASES[-1], failure="fog")])
    monkeypatch.setattr(sys, "argv", ["benchmarks/recipe_sweep.py", "--out", "a folder"])
    arguments = Arguments(tmp_path, variations=(HEAVIER, FASTER))
    write_tables(arguments, source_of(arguments))
    own, heavier, faster = f"| **xbind** (3 prompts) |{' 0.1 |' * 7} 100 |", f"| {HEAVIER} |", f"| {FASTER} |"
    found = [row for row in rows(tmp_path) if "---" not in row and "R@1" not in row]
    starts = 2 * [own, heavier] + 2 * [own, faster]
    assert all(row.startswith(start) for row, start in zip(found, starts, strict=True))
    better, slower = "**+0.25** [+0.25, +0.25]", "**+150** [+150, +150]"
    assert found[5] == f"{faster} {' | '.join([better] * 7)} | {slower} |  |"
    assert found[1] == f"{heavier} {' | '.join(['+0.5 [+0.5, +0.5]'] * 7)} | +0 [+0, +0] | 1 |"
    data = json.loads((tmp_path / "sweep.json").read_text("utf-8"))
    assert len(data["trials"]) == 3 * 3 + 3 * 2 + 3 + 1
    assert data["provenance"]["command"] == "python benchmarks/recipe_sweep.py --out 'a folder'"


def test_tables_of_a_recipe_that_always_failed_say_so(tmp_path: Path) -> None:
    record(tmp_path, BASE, "red chair", [Trial(BASE, "red chair", PHASES[-1], failure="fog")])
    arguments = Arguments(tmp_path, variations=(FASTER,))
    write_tables(arguments, source_of(arguments))
    *_, own, faster = rows(tmp_path)
    assert own == f"| **xbind** (0 prompts) |{'  |' * len(MEASURES)} 1 |"
    assert faster == f"| {FASTER} |{'  |' * len(MEASURES)}  |"
    assert {row.count("|") for row in rows(tmp_path)} == {BARS}
