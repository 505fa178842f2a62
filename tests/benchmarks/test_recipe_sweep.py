"""The sweep of the built-in recipe: what it refuses before it starts, and its tables from hand-made records."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from recipe_sweep import BASE, MEASURES, XBIND, Arguments, Trial, main, require_known, source_of, write_tables

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
