"""What becomes of rough shapes: whether the outline stays, and whether the object is what the words say.

    python benchmarks/refine.py --out benchmarks/results/refine-builtin-cpu

Each block-out is refined with the built-in models at several weights of "keep my shape". refine.json has, for each,
the mean intersection over union of the outlines before and after in 16 views, and the R-precision of the prompt by the
encoder that took no part, before (in grey) and after; objects.png shows them. Interrupted, the same command goes on.
"""

import json
import logging
import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
import tyro
from any_to_3d.backend.evaluation.contact_sheet import Row, contact_sheet
from any_to_3d.backend.evaluation.judges import INDEPENDENT, Judge, profile_judges
from any_to_3d.backend.evaluation.measures.orbit import azimuths, orbit, render
from any_to_3d.backend.evaluation.measures.r_precision import PromptPool
from any_to_3d.backend.evaluation.pairs import world_pairs
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipes.builtin import XBIND
from any_to_3d.backend.generator.recipes.refine import refined
from any_to_3d.backend.generator.representations.given_mesh import GivenMesh
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.log_format import log_to_stderr
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.runtime import build_runtime
from any_to_3d.backend.snapshot import textured
from any_to_3d.backend.xbind_engine import MAX_FACES, SMOOTHING, TEXTURE_SIZE
from any_to_3d.shared.mesh import TexturedMesh
from block_outs import BlockOut, block_outs

log = logging.getLogger("refine")

CPU = torch.device("cpu")
OUTLINE_ELEVATIONS = (0.0, 30.0)
OUTLINE_AZIMUTHS = 8
GREY = 160
ARRAYS = ("vertices", "faces", "uvs", "uv_faces", "albedo")


@dataclass(frozen=True)
class Arguments:
    """Refine block-outs with the built-in models."""

    out: Path = Path("runs/refine")
    """Objects, numbers and pictures go here; give it again to go on."""
    keep: tuple[float, ...] = (1.0, 0.5, 0.0)
    """Weights of the shape."""
    prompts: tuple[str, ...] = ()
    """Colour and class, as "red chair"; all block-outs unless given."""
    views: int = 24
    """Azimuths of an orbit, for the R-precision."""
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Judged:
    """Of an orbit: share of views whose nearest prompt is the object's own, whose class is, and the mean similarity."""

    precision: float
    class_precision: float
    cosine: float


@dataclass(frozen=True)
class Trial:
    """One object. outline_iou: mean and smallest of 16 views.  before: of the block-out in grey.

    seconds: of processor time.
    """

    prompt: str
    keep: float
    outline_iou: float
    smallest_iou: float
    before: Judged
    after: Judged
    seconds: float


def as_textured(vertices: np.ndarray, faces: np.ndarray) -> TexturedMesh:
    """A mesh all in grey."""
    uvs, corners = np.zeros((1, 2), np.float32), np.zeros((len(faces), 3), np.int32)
    return TexturedMesh(vertices, faces, uvs, corners, np.full((2, 2, 3), GREY, np.uint8))


def outline_ious(before: TexturedMesh, after: TexturedMesh) -> list[float]:
    """Intersection over union of two outlines in each of 16 views."""
    found = []
    for elevation in OUTLINE_ELEVATIONS:
        for azimuth in azimuths(OUTLINE_AZIMUTHS):
            one, other = (
                render(mesh, math.radians(elevation), float(azimuth), 128).alpha > 0.5 for mesh in (before, after)
            )
            found.append(float((one & other).sum() / (one | other).sum()))
    return found


def refine(shape: BlockOut, keep: float, runtime: Runtime) -> TexturedMesh:
    """The finished object."""
    given = GivenMesh(torch.from_numpy(shape.vertices), torch.from_numpy(shape.faces))
    last = None
    for item in generate(refined(XBIND, keep), Prompt.from_text(shape.pair.text), runtime, given=given):
        last = item if isinstance(item, Step) else last
    assert last is not None, "a recipe has steps"
    *_, mesh = textured(last.scene, TEXTURE_SIZE["builtin"], MAX_FACES["builtin"], SMOOTHING["builtin"])
    assert isinstance(mesh, TexturedMesh), "finishing ends with the mesh"
    return mesh


@dataclass(frozen=True)
class Bench:
    """The judge with its pool of prompts, the models, and what was asked for."""

    judge: Judge
    pool: PromptPool
    runtime: Runtime
    arguments: Arguments

    def judged(self, mesh: TexturedMesh, text: str) -> Judged:
        """What the judge sees all around."""
        views = orbit(mesh, 15.0, self.judge.images.input_size, self.arguments.views)
        pictures = torch.from_numpy(np.stack([view.rgb for view in views])).permute(0, 3, 1, 2)
        found = self.pool.retrieve(self.judge.seen(pictures), text)
        return Judged(found.precision, found.group_precision, found.cosine)

    def object(self, shape: BlockOut, keep: float) -> tuple[TexturedMesh, float]:
        """Made now or before, and its seconds of processor time."""
        file = self.arguments.out / "objects" / f"{shape.pair.colour}-{shape.pair.prop_class}-{keep:g}.npz"
        if not file.exists():
            begun = time.process_time()
            mesh = refine(shape, keep, self.runtime)
            arrays = {name: getattr(mesh, name) for name in ARRAYS}
            np.savez(file, **arrays, seconds=time.process_time() - begun)
        with np.load(file) as stored:
            return TexturedMesh(*(stored[name] for name in ARRAYS)), float(stored["seconds"])

    def trial(self, shape: BlockOut, keep: float, before: TexturedMesh, was: Judged) -> tuple[TexturedMesh, Trial]:
        mesh, seconds = self.object(shape, keep)
        ious = outline_ious(before, mesh)
        now = self.judged(mesh, shape.pair.text)
        return mesh, Trial(shape.pair.text, keep, fmean(ious), min(ious), was, now, seconds)


def main(arguments: Arguments) -> None:
    """Refine what is missing, then write numbers and pictures."""
    torch.set_num_threads(arguments.threads)
    judge = next(judge for judge in profile_judges(BUILTIN_FOLDER, CPU) if judge.name == INDEPENDENT)
    pool = judge.pool(world_pairs(judge.words.unknown_words))
    runtime = replace(build_runtime("builtin", CPU, None), seed=arguments.seed)
    bench = Bench(judge, pool, runtime, arguments)
    (arguments.out / "objects").mkdir(parents=True, exist_ok=True)
    trials: list[Trial] = []
    rows: list[Row] = []
    for shape in block_outs():
        label = f"{shape.pair.colour} {shape.pair.prop_class}"
        if arguments.prompts and label not in arguments.prompts:
            continue
        before = as_textured(shape.vertices, shape.faces)
        rows.append(Row(f"{label}: block-out", before))
        was = bench.judged(before, shape.pair.text)
        for keep in arguments.keep:
            mesh, trial = bench.trial(shape, keep, before, was)
            log.info("%s", trial)
            trials.append(trial)
            rows.append(Row(f"keep {keep:g}: IoU {trial.outline_iou:.2f}, R {trial.after.precision:.2f}", mesh))
    means = [mean_of([trial for trial in trials if trial.keep == keep]) for keep in arguments.keep]
    document = {"means": means, "objects": [asdict(trial) for trial in trials]}
    (arguments.out / "refine.json").write_text(json.dumps(document, indent=1) + "\n")
    sheet = contact_sheet(rows, size=96, columns=1 + len(arguments.keep))
    sheet.save(arguments.out / "objects.png", optimize=True)


def mean_of(trials: list[Trial]) -> dict[str, float]:
    """Over the objects of one weight."""
    return {
        "keep": trials[0].keep,
        "objects": len(trials),
        "outline_iou": fmean(trial.outline_iou for trial in trials),
        "smallest_iou": min(trial.smallest_iou for trial in trials),
        "precision_before": fmean(trial.before.precision for trial in trials),
        "precision_after": fmean(trial.after.precision for trial in trials),
        "class_precision_before": fmean(trial.before.class_precision for trial in trials),
        "class_precision_after": fmean(trial.after.class_precision for trial in trials),
    }


if __name__ == "__main__":
    log_to_stderr()
    main(tyro.cli(Arguments))
