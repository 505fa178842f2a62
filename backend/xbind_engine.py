"""The real engine: requests to recipes and prompts, the generator's steps to moments; models stay loaded."""

import gc
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import diffusers
import torch
import transformers

from ..shared.messages import CutOut, Submit
from .catalogue import ProfileName
from .device_memory import memory_of
from .economy_choice import least_economy, notice
from .engine import Moment, Plan, Stage
from .generator import checkpoint
from .generator.economy import Economy
from .generator.generate import Step, generate
from .generator.recipe import Recipe
from .generator.runtime import Runtime
from .kernels.warm_up import warm_up
from .memory_reading import MEBIBYTE, computers_memory
from .memory_relief import next_relief, under
from .models.default_folder import chosen_models_folder
from .models.precision import choose_precision
from .network_weights import weights_of
from .prompt_reading import read_prompt
from .runtime import build_runtime, choose_device
from .sound_hearing import sounds_heard
from .starting.asked_recipe import planned_phases, recipe_of
from .starting.object_moment import Finishing
from .starting.work import Folders, work_of
from .stored_checkpoints import newest_first
from .worker_messages import Memory

log = logging.getLogger(__name__)

STEP_COST = {
    "builtin": {"coarse": 1.0, "geometry": 0.8, "texture": 0.5},
    "full": {"coarse": 1.0, "geometry": 0.9, "texture": 1.0},
}
"""A step's time relative to phase I's, for the first estimate of the time left.

Measured for builtin, on a CPU; reckoned from 11.7, 10.5 and 11.4 TFLOP a step for full.
"""

FINISH_COST = {"builtin": 15.0, "full": 50.0}
"""Likewise for unwrapping and painting."""

TEXTURE_SIZE = {"builtin": 512, "full": 2048}
MAX_FACES = {"builtin": 20_000, "full": 100_000}
SMOOTHING = {"builtin": 20, "full": 0}
"""Rounds of finishing.smooth: pictures of 64 pixels leave lumps of a few faces, and say nothing so fine.

Four objects of the smoke suite on a CPU: normals 18.33 -> 18.60 dB, sharpness 2.50 -> 2.13 of the true prop's 1.
"""


BUILTIN_THREADS = 1
"""Pictures of 64 pixels are too small to share. A draft on two idle cores: 35 s with one thread, 62 s with two."""


class XBindEngine:
    """An Engine for the profiles builtin and full.

    threads: of the CPU; 0 is BUILTIN_THREADS for the built-in networks, and for others what torch chooses.
    runtime: networks that are loaded already, else ``load`` does it.  is_compiling: on a GPU, those of profile full.
    """

    def __init__(
        self,
        profile: ProfileName,
        device: str,
        models_folder: str,
        threads: int,
        runtime: Runtime | None = None,
        is_compiling: bool = True,
    ) -> None:
        if threads or profile == "builtin":
            torch.set_num_threads(threads or BUILTIN_THREADS)
        self.device, self.kernels = device, "none"
        self._profile: ProfileName = profile
        self._device_name = device
        self._models_folder = Path(models_folder) if models_folder else None
        self._runtime = runtime
        self._is_compiling = is_compiling
        self._device = runtime.device if runtime else None
        self._job_id = ""
        self._recipe: Recipe | None = None
        self._economy = Economy()

    def load(self) -> None:
        """Load the networks and compile the kernels, once. Raises MissingWeights or ValueError saying what to do."""
        if self._runtime is None:
            _silence_libraries()
            device = choose_device(self._device_name)
            self.device, self._device = _describe(device), device
            self._runtime = build_runtime(self._profile, device, self._models_folder, is_compiling=self._is_compiling)
            self.kernels = self._runtime.kernels.name
            warm_up(self._runtime.kernels, device)

    def _loading(self) -> str:
        """What the artist waits for before the first job."""
        is_long = self._runtime is None and self._profile == "full" and self._is_compiling
        if is_long and choose_device(self._device_name).type == "cuda":
            return "loading models and compiling them, which takes minutes the first time"
        return "loading models"

    def unload(self) -> None:
        if self._runtime is not None:
            device, self._runtime = self._runtime.device, None
            _free_memory(device)

    def memory(self) -> Memory:
        device = self._device
        if device is None or device.type != "cuda":
            return computers_memory()
        free, total = torch.cuda.mem_get_info(device)
        return Memory(free // MEBIBYTE, total // MEBIBYTE)

    def plan(self, submit: Submit, source: Path | None = None) -> Plan:
        cost = STEP_COST[self._profile]
        phases = planned_phases(submit, self._profile, source)
        plans = tuple(replace(phase, cost=cost.get(phase.name, 1.0)) for phase in phases)
        return Plan(plans, FINISH_COST[self._profile])

    def relieve(self) -> str | None:
        if self._runtime is None or self._recipe is None:
            return None
        relief = next_relief(self._economy, self._runtime, self._recipe)
        if relief is None:
            return None
        log.warning("job=%s memory=short %s", self._job_id, relief.notice)
        self._economy = relief.economy
        return relief.notice

    def _economy_for(self, recipe: Recipe, device: torch.device) -> tuple[Economy, str]:
        """What a job gives up from its beginning, by forecast, and what to tell the artist of it."""
        memory = memory_of(device)
        if memory is None or self._profile != "full":
            return Economy(), ""
        networks = weights_of(chosen_models_folder(self._models_folder), choose_precision(device).dtype)
        choice = least_economy(recipe, networks, memory.available)
        return choice.economy, notice(choice, memory.available)

    def run(
        self, job_id: str, submit: Submit, checkpoint_folder: Path | None, source: Path | None = None
    ) -> Iterator[Stage | CutOut | Moment]:
        """Run it. Raises ValueError for a prompt that cannot be read, GenerationFailed for a run gone wrong."""
        yield Stage("reading the prompt", 0.0)
        read = read_prompt(job_id, submit)
        yield from read.cut_outs
        recipe = recipe_of(submit, self._profile)
        recipe.validate()
        yield Stage(self._loading(), 0.0)
        self.load()
        assert self._runtime is not None
        self._recipe = recipe
        if self._profile == "builtin":
            yield from sounds_heard(job_id, read.prompt, self._runtime.joint, self._runtime.device)
        _free_memory(self._runtime.device)
        if job_id != self._job_id:
            self._job_id, self._economy, told = job_id, *self._economy_for(recipe, self._runtime.device)
            if told:
                log.warning("job=%s memory=small %s", job_id, told)
                yield Stage("making room", 0.0, told)
        runtime = replace(under(self._economy, self._runtime), seed=submit.seed)
        yield Stage("preparing the beginning", 0.0)
        folders = Folders(_checkpoint_in(checkpoint_folder), source)
        device = runtime.device
        work = work_of(job_id, submit, read.prompt, self._profile, folders, self._finishing(submit), device)
        yield Stage("preparing the beginning", 1.0, work.notice)
        for step in generate(work.recipe, read.prompt, runtime, work.resume, work.given, submit.until):
            yield work.moment(step) if isinstance(step, Step) else Stage(step.what, step.fraction)

    def _finishing(self, submit: Submit) -> Finishing:
        size = int(submit.overrides.get("texture_size", TEXTURE_SIZE[self._profile]))
        faces = int(submit.overrides.get("max_faces", MAX_FACES[self._profile]))
        return Finishing(size, faces, SMOOTHING[self._profile])


def _checkpoint_in(folder: Path | None) -> checkpoint.Checkpoint | None:
    """The newest that can be read: of a damaged one, the end of the phase before is left."""
    for path in () if folder is None else newest_first(folder):
        try:
            return checkpoint.load(path)
        except ValueError as error:
            log.warning("checkpoint=unusable %s", error)
    return None


def _free_memory(device: torch.device) -> None:
    """Give back what earlier jobs, or this one's failed step, have left behind."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _describe(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return str(device)


def _silence_libraries() -> None:
    """Their progress bars and advice would fill the backend's log."""
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.set_verbosity_error()
