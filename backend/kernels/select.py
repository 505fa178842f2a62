"""Choosing the kernels for a device, once, at start-up."""

import importlib.util
from typing import Literal

import torch

from . import antialias, composite, marching_tetrahedra, rasterise
from .hash_grid import HashGrid
from .interface import Kernels

REFERENCE = Kernels(
    name="reference",
    hash_grid=HashGrid,
    composite=composite.composite,
    rasterise=rasterise.rasterise,
    antialias=antialias.antialias,
    marching_tetrahedra=marching_tetrahedra.marching_tetrahedra,
)
"""Plain torch: any device and floating dtype, every gradient; what the other sets must agree with."""


def select_kernels(name: Literal["auto", "reference", "cpu"], device: torch.device | str) -> tuple[Kernels, str]:
    """The named kernels, or for "auto" the fastest that this device has, and one line that says what was chosen.

    Raises ValueError for an unknown name, for kernels that do not run on the device, and where a package is missing.
    """
    device = torch.device(device)
    if name == "reference":
        return REFERENCE, f"kernels: reference (torch) on {device}, as asked"
    if name == "cpu":
        if missing := _missing_for_cpu(device):
            raise ValueError(f"kernels 'cpu' cannot be used: {missing}; choose 'auto' or 'reference'")
        return _cpu_kernels(), "kernels: cpu (numba), as asked"
    if name != "auto":
        raise ValueError(f"kernels are 'auto', 'reference' or 'cpu', got {name!r}")
    if missing := _missing_for_cpu(device):
        return REFERENCE, f"kernels: reference (torch) on {device}; not cpu (numba): {missing}"
    return _cpu_kernels(), "kernels: cpu (numba), the fastest for this device"


def _missing_for_cpu(device: torch.device) -> str:
    """What keeps the numba kernels from running, empty if nothing does."""
    if device.type != "cpu":
        return f"they need tensors in main memory, and the device is {device}"
    if importlib.util.find_spec("numba") is None:
        return "the package numba is not installed"
    return ""


def _cpu_kernels() -> Kernels:
    from . import cpu_antialias, cpu_composite, cpu_hash_grid, cpu_marching_tetrahedra, cpu_rasterise

    return Kernels(
        name="cpu",
        hash_grid=cpu_hash_grid.CpuHashGrid,
        composite=cpu_composite.composite,
        rasterise=cpu_rasterise.rasterise,
        antialias=cpu_antialias.antialias,
        marching_tetrahedra=cpu_marching_tetrahedra.marching_tetrahedra,
    )
