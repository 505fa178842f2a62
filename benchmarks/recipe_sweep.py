"""How changes to the built-in recipe change the objects, one at a time, everything else the same.

    python benchmarks/recipe_sweep.py --out runs/sweep --workers 2

Each prompt is generated with XBIND; a variation of a later phase goes on from the very checkpoint that XBIND's own
phase started from, so that both differ in nothing else. Scores are of the finished object and of the phase that was
changed. sweep.json has every object; sweep.md the mean differences, paired by prompt, with 95 % bootstrap intervals.
Interrupted, the same command goes on.
"""

import json
import logging
import multiprocessing
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import fmean

import torch
import tyro
from any_to_3d.backend.evaluation.bootstrap import compare
from any_to_3d.backend.evaluation.case import Target
from any_to_3d.backend.evaluation.claim import claimed
from any_to_3d.backend.evaluation.judges import INDEPENDENT, Judge, profile_judges
from any_to_3d.backend.evaluation.pairs import Pair, world_pairs
from any_to_3d.backend.evaluation.provenance import Provenance, provenance
from any_to_3d.backend.evaluation.scores import phase_scores
from any_to_3d.backend.evaluation.settings import Settings
from any_to_3d.backend.evaluation.wording import counted, listed
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.branch import continued
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.recipes.builtin import XBIND
from any_to_3d.backend.generator.representations.scene import GenerationFailed
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.log_format import log_to_stderr
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.parent_watch import end_with_parent
from any_to_3d.backend.runtime import build_runtime
from any_to_3d.backend.snapshot import textured
from any_to_3d.backend.vocabulary import read_vocabulary
from any_to_3d.backend.xbind_engine import MAX_FACES, SMOOTHING, TEXTURE_SIZE
from any_to_3d.shared.mesh import TexturedMesh
from recipe_variations import VARIATIONS

log = logging.getLogger("recipe_sweep")

BASE = "xbind"
CPU = torch.device("cpu")
MEASURES = ("R@1", "cosine", "chamfer %", "IoU", "normals dB", "sharpness", "texture dB", "seconds")


@dataclass(frozen=True)
class Arguments:
    """Sweep the built-in recipe."""

    out: Path = Path("runs/sweep")
    """Records, checkpoints and tables go here; give it again to go on."""
    prompts: tuple[str, ...] = (
        "red chair",
        "yellow mug",
        "orange car",
        "blue rocket",
        "purple mushroom",
        "green house",
        "grey tower",
        "brown stool",
    )
    """Colour and class of each prompt."""
    variations: tuple[str, ...] = tuple(VARIATIONS)
    """Names of those to try; all of them unless given."""
    seed: int = 0
    views: int = 24
    """Azimuths of an orbit."""
    workers: int = 1
    """Processes that share the prompts."""
    threads: int = 1
    """Of each process."""


@dataclass(frozen=True)
class Trial:
    """One object of one recipe after one phase; its "seconds" are the processor time of that phase alone."""

    variation: str
    prompt: str
    phase: str
    scores: dict[str, float] = field(default_factory=dict)
    failure: str = ""


class Sweep:
    """All trials of one prompt, in one process."""

    def __init__(self, arguments: Arguments, runtime: Runtime, judges: tuple[Judge, ...]) -> None:
        self._arguments, self._runtime = arguments, runtime
        self._judges = [judge for judge in judges if judge.name == INDEPENDENT]
        self._pairs = world_pairs(self._judges[0].words.unknown_words)

    def of(self, prompt: str) -> None:
        """XBIND first: the others go on from its checkpoints."""
        folder = self._arguments.out / prompt.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        self._run(BASE, XBIND, 0, prompt, folder)
        for name in self._arguments.variations:
            variation = VARIATIONS[name]
            self._run(name, variation.recipe(), variation.first, prompt, folder)

    def _run(self, name: str, recipe: Recipe, first: int, prompt: str, folder: Path) -> None:
        file = folder / f"{name.replace(' ', '-')}.json"
        if file.exists():
            return
        if first > 0 and not _checkpoint(folder, recipe.phases[first - 1].name).exists():
            return  # XBind itself did not get so far.
        begun = time.process_time()
        trials: list[Trial] = []
        try:
            for trial in self._trials(name, recipe, first, prompt, folder):
                trials.append(trial)
        except (GenerationFailed, ValueError) as error:
            trials.append(Trial(name, prompt, recipe.phases[-1].name, failure=str(error)))
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps([asdict(trial) for trial in trials], indent=1))
        partial.replace(file)
        log.info("prompt=%s variation=%s cpu_seconds=%.0f", prompt, name, time.process_time() - begun)

    def _trials(self, name: str, recipe: Recipe, first: int, prompt: str, folder: Path) -> Iterator[Trial]:
        colour, prop_class = prompt.split()
        target = Target.of_pair(Pair(prop_class, colour))
        resume = None
        if first > 0:
            saved = checkpoint.load(_checkpoint(folder, recipe.phases[first - 1].name))
            resume = continued(saved, recipe, Prompt.from_text(target.text)).checkpoint
        lap = time.process_time()
        for step in generate(recipe, Prompt.from_text(target.text), self._runtime, resume):
            if not isinstance(step, Step) or not step.ends_phase:
                continue
            seconds = time.process_time() - lap
            if name == BASE:
                checkpoint.save(step, _checkpoint(folder, step.phase.name))
            *_, mesh = textured(step.scene, TEXTURE_SIZE["builtin"], MAX_FACES["builtin"], SMOOTHING["builtin"])
            assert isinstance(mesh, TexturedMesh)
            scores = self._scores(mesh, target) | {"seconds": seconds}
            yield Trial(name, prompt, step.phase.name, scores)
            lap = time.process_time()

    def _scores(self, mesh: TexturedMesh, target: Target) -> dict[str, float]:
        found = phase_scores(mesh, target, self._judges, self._pairs, self._arguments.views)
        own = [verdict.retrieval for verdict in found.verdicts]
        return {
            "R@1": sum(r.precision for r in own) / len(own),
            "cosine": sum(r.cosine for r in own) / len(own),
            "chamfer %": found.shape.chamfer_percent,
            "IoU": found.shape.silhouette_iou,
            "normals dB": found.shape.normal_psnr,
            "sharpness": found.shape.normal_sharpness,
            "texture dB": found.texture.surface_psnr,
        }


def main(arguments: Arguments) -> None:
    """Run what is missing, then write the tables."""
    require_known(arguments.prompts)
    unknown = [name for name in arguments.variations if name not in VARIATIONS]
    if unknown:
        raise SystemExit(f"unknown variations {unknown}; there are: {', '.join(VARIATIONS)}")
    source = claimed(arguments.out, source_of(arguments))
    shares = [arguments.prompts[number :: arguments.workers] for number in range(arguments.workers)]
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_share, args=(arguments, share)) for share in shares]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("a process of the sweep died; see the log, then run again to go on")
    write_tables(arguments, source)


def require_known(prompts: tuple[str, ...]) -> None:
    """Raises SystemExit for prompts that are not a colour and a class of which the weights know the words."""
    known = world_pairs(read_vocabulary().unknown_words)
    allowed = {f"{pair.colour} {pair.prop_class}" for pair in known}
    unknown = [prompt for prompt in prompts if prompt not in allowed]
    if unknown:
        colours = listed(list(dict.fromkeys(pair.colour for pair in known)))
        classes = listed(list(dict.fromkeys(pair.prop_class for pair in known)))
        raise SystemExit(
            f"prompts: got {listed([repr(prompt) for prompt in unknown])}; each must be a colour and a class, such as "
            f"'red chair'. Colours: {colours}. Classes: {classes}."
        )


def source_of(arguments: Arguments) -> Provenance:
    """What a sweep's records come from."""
    source = provenance(Settings(arguments.out, views=arguments.views), "sweep", f"seed {arguments.seed}")
    return replace(source, command=shlex.join(["python", *sys.argv]))


def write_tables(arguments: Arguments, source: Provenance) -> None:
    """sweep.json and sweep.md from the records in the folder."""
    trials = [
        Trial(**trial)
        for file in sorted(arguments.out.glob("*/*.json"))
        for trial in json.loads(file.read_text("utf-8"))
    ]
    data = {"provenance": asdict(source), "trials": [asdict(trial) for trial in trials]}
    (arguments.out / "sweep.json").write_text(json.dumps(data, indent=1) + "\n", "utf-8")
    parts = [
        "# Sweep of the built-in recipe",
        f"Commit {source.commit}, weights {source.weights[:16]}; {source.machine}. Mean differences to the first row,"
        " with 95 % bootstrap intervals over prompts; bold where that of three prompts or more leaves zero out.",
    ]
    for number, phase in enumerate(XBIND.phases):
        tried = [name for name in arguments.variations if VARIATIONS[name].first == number]
        if tried:
            parts += [f"## Phase {phase.name}", "After that phase:", _table(trials, tried, phase.name)]
            if phase is not XBIND.phases[-1]:
                parts += ["Finished objects:", _table(trials, tried, XBIND.phases[-1].name)]
    (arguments.out / "sweep.md").write_text("\n\n".join(parts) + "\n", "utf-8")


def _table(trials: list[Trial], names: list[str], phase: str) -> str:
    """XBIND's own means, then each variation's mean difference to it, prompt by prompt."""
    base = _by_prompt(trials, BASE, phase)
    means = [f"{fmean(scores[measure] for scores in base.values()):.3g}" if base else "" for measure in MEASURES]
    rows = [
        ("", *MEASURES, "failed"),
        ("---",) * (len(MEASURES) + 2),
        (f"**{BASE}** ({counted(len(base), 'prompt')})", *means, _failures(trials, BASE)),
    ]
    for name in names:
        own = _by_prompt(trials, name, phase)
        shared = [prompt for prompt in base if prompt in own]
        cells = (
            _difference([own[prompt][measure] for prompt in shared], [base[prompt][measure] for prompt in shared])
            for measure in MEASURES
        )
        rows.append((name, *cells, _failures(trials, name)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _difference(own: list[float], base: list[float]) -> str:
    if not own:
        return ""
    found = compare(own, base, "higher")
    mark = "**" if found.agreement in ("agrees", "disagrees") else ""
    mean = found.difference
    return f"{mark}{mean.mean:+.3g}{mark} [{mean.low:+.3g}, {mean.high:+.3g}]"


def _failures(trials: list[Trial], variation: str) -> str:
    return str(sum(trial.variation == variation and bool(trial.failure) for trial in trials) or "")


def _by_prompt(trials: list[Trial], variation: str, phase: str) -> dict[str, dict[str, float]]:
    return {t.prompt: t.scores for t in trials if (t.variation, t.phase) == (variation, phase) and not t.failure}


def _checkpoint(folder: Path, phase: str) -> Path:
    return folder / "checkpoints" / f"{phase}.safetensors"


def _share(arguments: Arguments, prompts: tuple[str, ...]) -> None:
    end_with_parent()
    log_to_stderr()
    log.setLevel(logging.INFO)
    torch.set_num_threads(arguments.threads)
    runtime = build_runtime("builtin", CPU, None, arguments.seed)
    sweep = Sweep(arguments, runtime, profile_judges(BUILTIN_FOLDER, CPU))
    for prompt in prompts:
        sweep.of(prompt)


if __name__ == "__main__":
    main(tyro.cli(Arguments))
