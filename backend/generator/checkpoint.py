"""A run on disk: one safetensors file, with everything that is no tensor as JSON in its header. No pickle."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..models.protocols import Condition
from . import checkpoint_seal
from .condition import StageZero, reference_camera
from .guards import Guard, GuardState
from .optimisers import Updater
from .prompt import Prompt
from .recipe import Phase, Recipe, ReferenceSampling
from .recipe_json import Plain, recipe_from_plain, to_plain
from .remedies import Remedies
from .representations.scene import Scene
from .runtime import Runtime
from .terms import Terms

if TYPE_CHECKING:
    from .generate import Step

FORMAT = 3
"""Raised when the layout changes; older checkpoints are refused by name."""

HEADER = "run"
"""The header entry that holds the JSON."""


@dataclass(frozen=True)
class Running:
    """All that a checkpoint of a run must hold."""

    recipe: Recipe
    prompt_digest: str
    stage_zero: StageZero
    runtime: Runtime
    phase_index: int
    scene: Scene
    terms: Terms
    updater: Updater
    guard: Guard


@dataclass(frozen=True)
class Checkpoint:
    """A run after ``finished_steps`` steps of phase ``phase_index``. tensors: by "<part>/<name>".

    recipe: what follows, too.  camera: that of the reference view, as ReferenceSampling.camera.
    """

    recipe: Recipe
    camera: tuple[float, float, float, float]
    phase_index: int
    finished_steps: int
    seed: int
    prompt_digest: str
    text: str
    negative: str
    is_reference_accepted: bool
    guard: GuardState
    tensors: dict[str, Tensor]

    @property
    def phase(self) -> Phase:
        """The phase that it was saved in."""
        return self.recipe.phases[self.phase_index]

    def require(self, recipe: Recipe, last: int) -> None:
        """Raise ValueError unless a run of this recipe that ends with phase number ``last`` can go on from here."""
        if recipe != self.recipe:
            raise ValueError(f"the checkpoint is of another version of recipe {self.recipe.name!r}; start anew")
        if self.phase_index > last:
            end = recipe.phases[last].name
            raise ValueError(f"the checkpoint lies in phase {self.phase.name!r}, after {end!r}, the last one to run")

    def start(self, runtime: Runtime) -> StageZero:
        """The condition of the saved run, on this runtime's device."""
        saved = {name: tensor.to(runtime.device) for name, tensor in self._part("condition").items()}
        image = saved.get("reference_image")
        camera = None if image is None else reference_camera(self.recipe.reference, image.shape[-1], runtime.device)
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

    def answers(self, prompt: Prompt, reference: ReferenceSampling) -> bool:
        """Whether its condition is that of this prompt, which may be empty for the saved one, seen from this camera."""
        return reference.camera == self.camera and (not prompt.parts or prompt.digest() == self.prompt_digest)

    def fill(self, scene: Scene) -> None:
        """Put the saved shape and colours into a scene of the same phase."""
        scene.load_state_dict(self._part("scene"))

    def restore(self, running: Running, is_same_condition: bool = True) -> int:
        """Put scene, losses, optimiser and random streams back; the number of steps that are already done.

        Under another condition the losses' own averages begin anew; under another seed, the random streams.
        """
        self.fill(running.scene)
        if is_same_condition and self.finished_steps:
            running.terms.load_state_dict(self._part("terms"))
        running.updater.load_state_dict(self._part("optimiser"))
        running.guard.restore(self.guard)
        if running.runtime.seed == self.seed:
            # Last: binding the losses and building the scene has drawn from the streams.
            running.runtime.restore_random_state(self._part("random"))
        return self.finished_steps

    def _part(self, name: str) -> dict[str, Tensor]:
        prefix = f"{name}/"
        return {key.removeprefix(prefix): value for key, value in self.tensors.items() if key.startswith(prefix)}


def save(step: "Step", path: Path) -> None:
    """Write the run as it is after this step; the folder is made if need be. Raises OSError if the disk is full."""
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
        "seed": running.runtime.seed,
        "prompt_digest": running.prompt_digest,
        "text": condition.text,
        "negative": condition.negative,
        "is_reference_accepted": running.stage_zero.is_reference_accepted,
        "guard": asdict(running.guard.state()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        save_file(
            tensors, path, metadata={HEADER: json.dumps(described), checkpoint_seal.KEY: checkpoint_seal.UNSEALED}
        )
    except SafetensorError as error:
        # What the library makes of a full disk.
        raise OSError(f"{path} cannot be written: {error}") from error
    checkpoint_seal.seal(path)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises ValueError, saying which file, if it is missing, broken or of another format."""
    try:
        if not checkpoint_seal.is_whole(path):
            raise ValueError(f"the checkpoint at {path} is damaged: its checksum is another one")
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, json.JSONDecodeError, SafetensorError) as error:
        raise ValueError(f"no readable checkpoint at {path}: {error}") from error
    if described.get("format") != FORMAT:
        raise ValueError(f"the checkpoint at {path} has format {described.get('format')}; this version reads {FORMAT}")
    recipe = recipe_from_plain(described["recipe"])
    return Checkpoint(
        recipe=recipe,
        camera=recipe.reference.camera,
        phase_index=described["phase_index"],
        finished_steps=described["finished_steps"],
        seed=described["seed"],
        prompt_digest=described["prompt_digest"],
        text=described["text"],
        negative=described["negative"],
        is_reference_accepted=described["is_reference_accepted"],
        guard=GuardState(**{**described["guard"], "remedies": Remedies(**described["guard"]["remedies"])}),
        tensors=tensors,
    )
