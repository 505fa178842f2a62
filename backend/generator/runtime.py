"""What a run computes with: device, kernels, the four networks, and one named random stream per purpose."""

import hashlib
from dataclasses import dataclass, field, replace

import torch

from ..kernels.interface import Kernels
from ..models.protocols import DiffusionPrior, ImageEncoder, JointEncoder, Movable
from .economy import NOTHING_GIVEN_UP, Economy
from .prior_size import at_image_size


@dataclass(frozen=True)
class Runtime:
    """Everything a recipe needs and does not say. ``dataclasses.replace(runtime)`` starts its random streams anew.

    planar: the 2D prior; stereo: the 3D-aware prior, or None where a profile has none; joint: C_m of a prompt;
    image_encoder: E of the modality similarity loss (may be the same object as joint).
    """

    device: torch.device
    kernels: Kernels
    planar: DiffusionPrior
    stereo: DiffusionPrior | None
    joint: JointEncoder
    image_encoder: ImageEncoder
    seed: int = 0
    economy: Economy = NOTHING_GIVEN_UP
    _streams: dict[str, torch.Generator] = field(default_factory=dict, init=False, repr=False, compare=False)

    def rng(self, name: str) -> torch.Generator:
        """The stream ``name``, seeded by (seed, name): dropping one loss leaves the draws of all others as they are."""
        if name not in self._streams:
            self._streams[name] = self.fresh_rng(name)
        return self._streams[name]

    def fresh_rng(self, name: str) -> torch.Generator:
        """A generator at the beginning of that stream, for what must be drawn alike every time it is asked for."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return torch.Generator(self.device).manual_seed(int.from_bytes(digest[:7], "little"))

    def prior(self, name: str) -> DiffusionPrior:
        """The prior called "planar" or "stereo". Raises ValueError if this runtime lacks it."""
        found = {"planar": self.planar, "stereo": self.stereo}.get(name)
        if found is None:
            raise ValueError(f"this runtime has no {name!r} prior; use a recipe without it or load one")
        return found

    def showing(self, planar_size: int | None) -> "Runtime":
        """This runtime and its very streams, with a 2D prior that is shown at most this many pixels a side.

        Raises ValueError for a size that the prior cannot take.
        """
        if planar_size is None or planar_size >= self.planar.image_size:
            return self
        smaller = replace(self, planar=at_image_size(self.planar, planar_size))
        # Not fresh ones, as ``replace`` alone would give: what a checkpoint saves must be what was drawn from.
        object.__setattr__(smaller, "_streams", self._streams)
        return smaller

    @property
    def networks(self) -> tuple[Movable, ...]:
        """All that the losses see by; ``economy`` says where they wait."""
        return tuple(network for network in (self.planar, self.stereo, self.image_encoder) if network is not None)

    def random_state(self) -> dict[str, torch.Tensor]:
        """The state of every stream drawn from so far, for a checkpoint."""
        return {name: stream.get_state() for name, stream in self._streams.items()}

    def restore_random_state(self, state: dict[str, torch.Tensor]) -> None:
        """Continue every stream where ``random_state`` left it.

        A GPU and a CPU draw by different methods: what the one has left, the other cannot continue, and its streams
        stay where they are. A run then goes on with other noise.
        """
        for name, stream_state in state.items():
            stream = self.rng(name)
            if stream_state.shape == stream.get_state().shape:
                stream.set_state(stream_state)
