"""Runs jobs of every kind on a pretended GPU; one line of JSON for each. For a process of its own.

The networks are the published ones narrowed, with random weights; the kernels are those of a GPU without Triton.
"""

import json
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import TORCH
from any_to_3d.backend.kernels.warm_up import warm_up
from any_to_3d.backend.models.random_networks import NARROW, random_networks
from any_to_3d.backend.worker import Wish, run_job
from any_to_3d.backend.worker_messages import Run
from any_to_3d.backend.xbind_engine import XBindEngine
from any_to_3d.shared import messages as m
from any_to_3d.shared.starting_points import Continue, Refine, Retexture, StartingPoint
from generator.tiny_recipe import tiny_full
from photos import photo, png
from pretended_gpu import GPU, Strict
from requests_and_jobs import request
from source_meshes import ball

SMALLEST = {"steps_scale": 0.005, "texture_size": 128.0, "max_faces": 600.0}
CPU = torch.device("cpu")


class LooksOnce:
    """Wants a snapshot whenever one is due."""

    def wish(self) -> Wish:
        return "go on"

    def wanted_faces(self) -> int | None:
        return 300

    def wanted_texture(self) -> int:
        return 32


def refusals() -> None:
    """Raises AssertionError unless each is refused, and what CUDA allows is not."""
    there, here = torch.ones(3, device=GPU), torch.ones(3)
    refused: list[Callable[[], object]] = [
        lambda: there + here,
        lambda: torch.cat([there, here]),
        lambda: there.index_select(0, torch.zeros(1, dtype=torch.long)),
        lambda: here[torch.zeros(1, dtype=torch.long, device=GPU)],
        lambda: torch.nn.functional.linear(here, torch.ones(3, 3, device=GPU)),
        lambda: torch.rand(3, generator=torch.Generator(), device=GPU),
        lambda: torch.rand(3, generator=torch.Generator(GPU)),
        lambda: there.numpy(),
    ]
    for ask in refused:
        try:
            ask()
        except RuntimeError:
            continue
        raise AssertionError("mixed devices were not refused")
    assert (there + torch.tensor(1.0)).device == GPU, "a number of the host may be added"
    assert there[torch.zeros(1, dtype=torch.long)].device == GPU, "an index of the host may be given"
    assert there.cpu().numpy().sum() == 3
    assert float(torch.nn.Linear(3, 1).to(GPU)(there).sum().backward() or 0) == 0


def world(device: torch.device) -> Runtime:
    networks = random_networks(device, shapes=NARROW)
    return Runtime(device, TORCH, networks.planar, networks.stereo, networks.joint, networks.joint)


def full_recipe(device: torch.device, economy: Economy) -> list[dict[str, float]]:
    """Two steps of each phase of profile full: the losses of each phase's second step."""
    recipe = tiny_full()
    recipe = replace(recipe, phases=tuple(replace(phase, steps=2, batch=1) for phase in recipe.phases))
    run = generate(recipe, Prompt.from_text("a chair"), replace(world(device), economy=economy))
    steps = [step for step in run if isinstance(step, Step) and step.ends_phase]
    return [{name: float(loss) for name, loss in step.losses.items()} for step in steps]


def job(folder: Path, name: str, source: StartingPoint | None = None, **more: object) -> list[str]:
    """A continued job goes on from the job "text"."""
    submit = replace(request(), preset="draft", overrides=SMALLEST, source=source, **more)
    asked = Run(name, submit, str(folder / name), 1, str(folder / "text") if isinstance(source, Continue) else "")
    return kinds(asked, GPU)


def resumed(folder: Path, device: torch.device) -> list[str]:
    """The job "text" without its last phase, from what is stored of the one before."""
    submit = replace(request(), preset="draft", overrides=SMALLEST)
    (folder / "text" / "texture.safetensors").unlink(missing_ok=True)
    return kinds(Run("text", submit, str(folder / "text"), 2), device)


def kinds(asked: Run, device: torch.device) -> list[str]:
    """Of a job's events. Raises RuntimeError for a job that fails."""
    Path(asked.folder).mkdir(exist_ok=True)
    events = list(run_job(asked, XBindEngine("builtin", "cpu", "", 1, world(device)), LooksOnce()))
    if isinstance(events[-1], m.Failed):
        raise RuntimeError(events[-1].problem)
    return sorted({type(event).__name__ for event in events})


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    colours = np.full((16, 32, 3), 90, np.uint8)
    picture = (m.WeightedPrompt(m.ImagePrompt(png(photo()))),)
    offloading = Economy(images_at_once=1, offload=True)
    cases: dict[str, Callable[[], object]] = {
        "refusals": refusals,
        "warm up": lambda: warm_up(TORCH, GPU),
        "full on the CPU": lambda: full_recipe(CPU, Economy()),
        "full": lambda: full_recipe(GPU, Economy()),
        "full with networks in turn": lambda: full_recipe(GPU, offloading),
        "text": lambda: job(folder, "text"),
        "image": lambda: job(folder, "image", prompts=picture),
        "continue": lambda: job(folder, "continue", Continue("text", "coarse")),
        "refine": lambda: job(folder, "refine", Refine(ball())),
        "retexture": lambda: job(folder, "retexture", Retexture(ball(colours), 0.5, 32, 16, 2)),
        "go on on a CPU": lambda: resumed(folder, CPU),
        "go on on the GPU": lambda: resumed(folder, GPU),
    }
    with Strict():
        for name in sys.argv[1:]:
            try:
                found = cases[name]()
            except Exception:
                found = {"error": traceback.format_exc()}
            sys.stdout.write(json.dumps({name: found}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
