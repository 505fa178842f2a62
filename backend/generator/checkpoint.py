"""A run on disk: one safetensors file, with everything that is no tensor as JSON in its header. No pickle."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..models.protocols import Condition
from .condition import StageZero, reference_camera
from .guards import Guard, GuardState
from .optimisers import Updater
from .recipe import Recipe
from .recipe_json import Plain, recipe_from_plain, to_plain
from .remedies import Remedies
from .representations.scene import Scene
from .runtime import Runtime
from .terms import Terms

if TYPE_CHECKING:
    from .generate import Step

FORMAT = 2
"""Raised when the layout changes; older checkpoints are refused by name."""

HEADER = "run"
"""The header entry that holds the JSON."""


@dataclass(frozen=True)
class Running:
    """All that a checkpoint of a run must hold."""

    recipe: Recipe
    stage_zero: StageZero
    runtime: Runtime
    phase_index: int
    scene: Scene
    terms: Terms
    updater: Updater
    guard: Guard


@dataclass(frozen=True)
class Checkpoint:
    """A run after ``finished_steps`` steps of phase ``phase_index``. tensors: by "<part>/<name>"."""

    recipe: Recipe
    phase_index: int
    finished_steps: int
    text: str
    negative: str
    is_reference_accepted: bool
    guard: GuardState
    tensors: dict[str, Tensor]

    def start(self, recipe: Recipe, runtime: Runtime) -> StageZero:
        """The condition of the saved run, on this runtime's device. Raises ValueError for another recipe."""
        if recipe != self.recipe:
            raise ValueError(f"the checkpoint is of another version of recipe {self.recipe.name!r}; start anew")
        saved = {name: tensor.to(runtime.device) for name, tensor in self._part("condition").items()}
        image = saved.get("reference_image")
        camera = None if image is None else reference_camera(recipe.reference, image.shape[-1], runtime.device)
        condition = Condition(
            saved["embedding"],
            self.text,
            self.negative,
            image,
            saved.get("reference_mask"),
            camera,
            saved.get("negative_embedding"),
        )
        return StageZero(condition, self.is_reference_accepted)

    def branched(self, recipe: Recipe) -> "Checkpoint":
        """The same past with another future: what is left of the run follows ``recipe``.

        Raises ValueError where ``recipe`` differs in the reference view or in a phase that has begun.
        """
        begun = self.phase_index + 1
        if recipe.reference != self.recipe.reference or recipe.phases[:begun] != self.recipe.phases[:begun]:
            raise ValueError(
                f"the checkpoint was made with other settings of {self.recipe.phases[self.phase_index].name!r} or of "
                "what comes before it; change later phases only, or start anew"
            )
        return replace(self, recipe=recipe)

    def restore(self, running: Running) -> int:
        """Put scene, losses, optimiser and random streams back; the number of steps that are already done."""
        running.scene.load_state_dict(self._part("scene"))
        running.terms.load_state_dict(self._part("terms"))
        running.updater.load_state_dict(self._part("optimiser"))
        running.guard.restore(self.guard)
        # Last: binding the losses and building the scene has drawn from the streams.
        running.runtime.restore_random_state(self._part("random"))
        return self.finished_steps

    def _part(self, name: str) -> dict[str, Tensor]:
        prefix = f"{name}/"
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}


def save(step: "Step", path: Path) -> None:
    """Write the run as it is after this step; the folder is made if need be."""
    running = step.running
    condition = running.stage_zero.condition
    parts: dict[str, dict[str, Tensor | None]] = {
        "scene": {**running.scene.state_dict()},
        "terms": {**running.terms.state_dict()},
        "optimiser": {**running.updater.state_dict()},
        "random": {**running.runtime.random_state()},
        "condition": {
            "embedding": condition.embedding,
            "reference_image": condition.reference_image,
            "reference_mask": condition.reference_mask,
            "negative_embedding": condition.negative_embedding,
        },
    }
    tensors = {
        f"{part}/{name}": tensor.detach().cpu().contiguous().clone()
        for part, named in parts.items()
        for name, tensor in named.items()
        if tensor is not None
    }
    described: dict[str, Plain] = {
        "format": FORMAT,
        "recipe": to_plain(running.recipe),
        "phase_index": running.phase_index,
        "finished_steps": step.index + 1,
        "text": condition.text,
        "negative": condition.negative,
        "is_reference_accepted": running.stage_zero.is_reference_accepted,
        "guard": asdict(running.guard.state()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place first: an interrupted save leaves the former checkpoint whole.
    unfinished = path.with_name(path.name + ".part")
    save_file(tensors, unfinished, metadata={HEADER: json.dumps(described)})
    unfinished.replace(path)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises ValueError, saying which file, if it is missing, broken or of another format."""
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, json.JSONDecodeError, SafetensorError) as error:
        raise ValueError(f"no readable checkpoint at {path}: {error}") from error
    if described.get("format") != FORMAT:
        raise ValueError(f"the checkpoint at {path} has format {described.get('format')}; this version reads {FORMAT}")
    return Checkpoint(
        recipe=recipe_from_plain(described["recipe"]),
        phase_index=described["phase_index"],
        finished_steps=described["finished_steps"],
        text=described["text"],
        negative=described["negative"],
        is_reference_accepted=described["is_reference_accepted"],
        guard=GuardState(**{**described["guard"], "remedies": Remedies(**described["guard"]["remedies"])}),
        tensors=tensors,
    )
