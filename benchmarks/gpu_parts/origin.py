"""The device, its driver, the packages and the commit that a run's numbers belong to."""

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.backend.processor import processor_name

from .journal import Origin
from .world import World

PACKAGES = ("torch", "triton", "diffusers", "transformers", "numba", "numpy")


def origin(world: World) -> Origin:
    """Ask the device, the driver and git; no weights are used, so there are none to add up."""
    from_here = source(Path(os.devnull))
    is_gpu = world.device.type == "cuda"
    return Origin(
        device=torch.cuda.get_device_name(world.device) if is_gpu else processor_name(),
        driver=_driver() if is_gpu else "",
        machine=from_here.machine,
        commit=from_here.commit,
        has_local_changes=from_here.has_local_changes,
        packages={package: _version(package) for package in PACKAGES} | {"cuda": torch.version.cuda or ""},
        settings={
            "device": str(world.device),
            "size": world.size,
            "dtype": str(world.dtype),
            "public dtype": str(world.eager_dtype),
            "kernels": world.kernels[1],
            "compiling": int(world.is_compiling),
            "rounds": world.rounds.measured,
            "warm_up": world.rounds.warm_up,
            "threads": torch.get_num_threads(),
        },
    )


def _driver() -> str:
    if shutil.which("nvidia-smi") is None:
        return ""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
