"""The one place where the measured networks, kernels and recipes are put together."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import platformdirs
import torch
from any_to_3d.backend.generator.recipe import Phase, Recipe
from any_to_3d.backend.generator.recipes import PRESETS
from any_to_3d.backend.generator.recipes.xbind import PLANAR_SIZE, XBIND
from any_to_3d.backend.generator.rendering.volume import RayMarch
from any_to_3d.backend.generator.representations.nerf import NeRF
from any_to_3d.backend.generator.representations.tet_grid import KuhnGrid
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from any_to_3d.backend.kernels.interface import Kernels
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.acceleration import accelerate, keep_compiled_networks
from any_to_3d.backend.models.clip_vision import ClipVision
from any_to_3d.backend.models.precision import choose_precision
from any_to_3d.backend.models.random_networks import NARROW, PUBLISHED, NetworkShapes, random_networks
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.models.zero123 import Zero123Prior
from any_to_3d.backend.runtime import pictures_embedded

from .timing import Rounds

Size = Literal["full", "quick"]

META = torch.device("meta")

QUICK = replace(
    NARROW,
    unclip=replace(NARROW.unclip, layers=1),
    zero123=replace(NARROW.zero123, layers=1),
    autoencoder=replace(NARROW.autoencoder, layers=1),
)
"""The narrow networks with a layer a level."""


@dataclass(frozen=True)
class World:
    """What every part is given. is_compiling: our networks, on a GPU."""

    device: torch.device
    size: Size = "full"
    rounds: Rounds = field(default_factory=Rounds)
    is_compiling: bool = True

    @property
    def shapes(self) -> NetworkShapes:
        # Stage 0 paints at the size of Stable unCLIP 2.1, and the phases show it less.
        return replace(PUBLISHED, image_size=None) if self.size == "full" else QUICK

    @cached_property
    def dtype(self) -> torch.dtype:
        """What our networks compute in on this device."""
        return choose_precision(self.device).dtype

    @property
    def eager_dtype(self) -> torch.dtype:
        """What public code uses; a CPU's half precision is slower than its single precision."""
        return torch.float16 if self.device.type == "cuda" else torch.float32

    @cached_property
    def kernels(self) -> tuple[Kernels, str]:
        """Those that a run on this device gets, and the line that says why."""
        return select_kernels("auto", self.device)

    @property
    def ours(self) -> Runtime:
        """The networks as a run has them on this device."""
        return self._accelerated[0]

    @property
    def acceleration(self) -> str:
        """What was done to make them fast there."""
        return self._accelerated[1]

    @cached_property
    def _accelerated(self) -> tuple[Runtime, str]:
        """As build_runtime does with weights; minutes where nothing was compiled before."""
        runtime = self._runtime(self.device, self.dtype)
        shown = runtime.showing(PLANAR_SIZE)
        planar, stereo, vision = shown.planar, shown.stereo, shown.image_encoder
        assert isinstance(planar, StableUnclipPrior), "the random 2D prior is Stable unCLIP"
        assert isinstance(stereo, Zero123Prior), "the random 3D-aware prior is Zero-1-to-3"
        assert isinstance(vision, ClipVision), "the random image tower is CLIP's"
        if self.device.type == "cuda":
            keep_compiled_networks(platformdirs.user_cache_path("any-to-3d", appauthor=False) / "networks")
        return runtime, accelerate(planar, stereo, vision, self.is_compiling, pictures_embedded())

    @cached_property
    def counted(self) -> Runtime:
        """Networks without memory, whose work can only be counted."""
        return self._runtime(META, torch.float32)

    @cached_property
    def presets(self) -> dict[str, Recipe]:
        """The recipe xbind of profile full at every preset; two of them at the quick size."""
        presets = PRESETS["full"]
        if self.size == "full":
            return presets
        return {name: _narrowed(recipe) for name, recipe in presets.items() if recipe in (presets["draft"], XBIND)}

    @property
    def paper(self) -> Recipe:
        """The recipe with every number of the paper."""
        return XBIND if self.size == "full" else _narrowed(XBIND)

    def _runtime(self, device: torch.device, dtype: torch.dtype) -> Runtime:
        networks = random_networks(device, dtype, self.shapes)
        kernels = select_kernels("reference", device)[0] if device == META else self.kernels[0]
        vision = networks.joint.vision
        return Runtime(device, kernels, networks.planar, networks.stereo, networks.joint, vision)


def _narrowed(recipe: Recipe) -> Recipe:
    """For tests: a hundredth of the steps, fewer pixels, a small field, a coarse lattice; all losses stay."""
    sampling = replace(recipe.reference, candidates=2, steps=2)
    return replace(recipe, phases=tuple(_narrowed_phase(phase) for phase in recipe.phases), reference=sampling)


def _narrowed_phase(phase: Phase) -> Phase:
    field = replace(phase.start.field, grid=HashGridConfig(4, 2, 12, 8, 1.5), hidden=16, start_levels=4)
    start = replace(phase.start, field=field)
    if isinstance(start, NeRF):
        start = replace(start, march=RayMarch(samples=24, normal_step=0.05), preview_resolution=16)
    else:
        start = replace(start, grid=KuhnGrid(16))
    return replace(phase, start=start, size=max(16, phase.size // 8), steps=phase.steps // 100)
