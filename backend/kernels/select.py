"""Choosing the kernels for a device, once, at start-up."""

import importlib.util
from dataclasses import replace
from functools import cache
from typing import Literal

import torch

from . import antialias, composite, marching_tetrahedra, rasterise
from .hash_grid import HashGrid
from .interface import Kernels
from .torch_hash_grid import TorchHashGrid
from .trial import disagreement

REFERENCE = Kernels(
    name="reference",
    hash_grid=HashGrid,
    composite=composite.composite,
    rasterise=rasterise.rasterise,
    antialias=antialias.antialias,
    marching_tetrahedra=marching_tetrahedra.marching_tetrahedra,
)
"""Plain torch: any device and floating dtype, every gradient; what the other sets must agree with."""

TORCH = replace(REFERENCE, name="torch", hash_grid=TorchHashGrid)
"""For devices without a compiler: the reference with the part that is slowest in it, lookups, done in fewer steps."""


def select_kernels(
    name: Literal["auto", "reference", "torch", "cpu", "triton"], device: torch.device | str
) -> tuple[Kernels, str]:
    """The named kernels, or for "auto" the fastest that this device has, and one line that says what was chosen.

    On a GPU kernels are taken only after a trial run there agreed with the reference; the line says what kept them out.
    Raises ValueError for an unknown name, for kernels that do not run on the device, and where a package is missing.
    """
    device = torch.device(device)
    if name == "reference":
        return REFERENCE, f"kernels: reference (torch) on {device}, as asked"
    if name in ("torch", "cpu", "triton"):
        if missing := _missing(name, device):
            raise ValueError(f"kernels {name!r} cannot be used: {missing}; choose 'auto' or 'reference'")
        return _kernels_of(name), f"kernels: {_shown(name)}, as asked"
    if name != "auto":
        raise ValueError(f"kernels are 'auto', 'reference', 'torch', 'cpu' or 'triton', got {name!r}")
    fastest = "triton" if device.type == "cuda" else "cpu"
    if missing := _missing(fastest, device):
        kept_out = f"not {_shown(fastest)}: {missing}"
        if missing := _missing("torch", device):
            return REFERENCE, f"kernels: reference on {device}; {kept_out}; not torch: {missing}"
        return TORCH, f"kernels: torch on {device}; {kept_out}"
    return _kernels_of(fastest), f"kernels: {_shown(fastest)}, the fastest for this device"


def _shown(name: str) -> str:
    return "cpu (numba)" if name == "cpu" else name


def _missing(name: str, device: torch.device) -> str:
    """What keeps the named kernels from running on the device, empty if nothing does."""
    match name:
        case "cpu":
            return _missing_for_cpu(device)
        case "triton":
            return _missing_for_triton(device)
        case _:
            return "" if device.type == "cpu" else _failed_trial(name, device)


def _missing_for_cpu(device: torch.device) -> str:
    if device.type != "cpu":
        return f"they need tensors in main memory, and the device is {device}"
    if importlib.util.find_spec("numba") is None:
        return "the package numba is not installed"
    return ""


def _missing_for_triton(device: torch.device) -> str:
    if device.type != "cuda":
        return f"they need an NVIDIA GPU, and the device is {device}"
    if importlib.util.find_spec("triton") is None:
        return "the package triton is missing; it comes with torch's CUDA wheels for Linux"
    if not torch.cuda.is_available():
        return "this torch sees no GPU"
    return _failed_trial("triton", device)


@cache
def _failed_trial(name: str, device: torch.device) -> str:
    """How the named kernels failed on the device, empty if they did not; once a process, as it may compile them."""
    try:
        difference = disagreement(_kernels_of(name), REFERENCE, device)
    except Exception as error:  # Any: a compiler, a linker and a driver take part, and each fails in its own way.
        return f"their trial run failed with {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    return f"their trial run differs from the reference, {difference}" if difference else ""


def _kernels_of(name: str) -> Kernels:
    match name:
        case "cpu":
            return _cpu_kernels()
        case "triton":
            from .triton_kernels import TRITON

            return TRITON
        case _:
            return TORCH


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
