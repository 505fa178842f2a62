"""Both profiles' recipes at a size where all three phases take a second or two."""

from dataclasses import replace

from any_to_3d.backend.generator.optimisers import Adam, LearningRates
from any_to_3d.backend.generator.recipe import Recipe, ReferenceSampling
from any_to_3d.backend.generator.recipes import xbind
from any_to_3d.backend.generator.recipes.builtin import XBIND
from any_to_3d.backend.generator.rendering.volume import RayMarch
from any_to_3d.backend.generator.representations.field import FieldConfig
from any_to_3d.backend.generator.representations.nerf import NeRF
from any_to_3d.backend.generator.representations.surface_from_density import DensitySurface
from any_to_3d.backend.generator.representations.tet_grid import KuhnGrid
from any_to_3d.backend.kernels.hash_grid import HashGridConfig


def tiny(coarse: int = 6, geometry: int = 4, texture: int = 4) -> Recipe:
    """``XBIND`` of the built-in profile with these step counts, small images and a coarse lattice."""
    # So few steps make a faint ball.
    surface = DensitySurface(threshold=1.5, scale=1.5)
    phases = []
    for phase, steps in zip(XBIND.phases, (coarse, geometry, texture), strict=True):
        start = phase.start
        if isinstance(start, NeRF):
            start = replace(start, surface=surface, march=RayMarch(samples=32, normal_step=0.05, least_weight=2e-3))
            # At the recipe's rates phase II shrinks this ball from radius .60 to .52, and the tests measure it.
            phase = replace(phase, optimiser=Adam(LearningRates(grid=0.02, mlp=0.005)))
        else:
            start = replace(start, surface=surface, grid=KuhnGrid(20))
        phases.append(replace(phase, steps=steps, size=32, start=start))
    sampling = ReferenceSampling(candidates=2, steps=3, guidance_scale=1.0, area=(0.05, 0.7), fill=None)
    return Recipe("tiny", tuple(phases), sampling)


def tiny_full() -> Recipe:
    """``XBIND`` of the published networks: its losses, weights, cameras and schedules on a small field and lattice.

    Its learning rates are for thousands of steps; phase I's are larger here.
    """
    field = FieldConfig(HashGridConfig(4, 2, 12, 8, 1.5), hidden=16, hidden_layers=1, start_levels=4)
    surface = DensitySurface(threshold=1.5, scale=1.5)
    phases = []
    for phase, steps in zip(xbind.XBIND.phases, (60, 6, 6), strict=True):
        start = replace(phase.start, field=field, surface=surface)
        if isinstance(start, NeRF):
            start = replace(start, march=RayMarch(samples=32, normal_step=0.05), occupancy_warm_up=0)
            phase = replace(phase, optimiser=Adam(LearningRates(grid=0.05, mlp=0.01)))
        else:
            start = replace(start, grid=KuhnGrid(20))
        phases.append(replace(phase, steps=steps, size=32, start=start))
    sampling = ReferenceSampling(candidates=2, steps=3, fill=None)
    return Recipe("tiny full", tuple(phases), sampling)
