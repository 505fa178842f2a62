"""After the warm-up nothing is left to compile."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import torch
from any_to_3d.backend.kernels.interface import Kernels
from any_to_3d.backend.kernels.select import REFERENCE
from any_to_3d.backend.kernels.warm_up import warm_up

# In a process of its own: here, other tests have compiled everything already.
COUNT = """
import importlib, torch
from numba.core.dispatcher import Dispatcher
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.kernels.warm_up import warm_up

warm_up(select_kernels("cpu", "cpu")[0], torch.device("cpu"))
NAMES = "antialias composite face_adjacency hash_grid laplacian marching_tetrahedra rasterise stored_tetrahedra"
for name in (*NAMES.split(), "vertex_normals"):
    module = importlib.import_module(f"any_to_3d.backend.kernels.cpu_{name}")
    for function in vars(module).values():
        if isinstance(function, Dispatcher):
            print(name, function.__name__, len(function.signatures))
"""


def test_every_compiled_function_has_been_called(tmp_path: Path) -> None:
    # An empty cache, because a function read from the cache brings along, uncalled, those that it calls.
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True, env=environment)
    lines = done.stdout.splitlines()
    assert len(lines) > 10
    assert [line for line in lines if line.endswith(" 0")] == []


def test_every_kernel_of_a_set_is_called() -> None:
    called: set[str] = set()

    def noted(name: str, kernel: Callable) -> Callable:
        def call(*arguments: object) -> object:
            called.add(name)
            return kernel(*arguments)

        return call

    kernels = {field.name: getattr(REFERENCE, field.name) for field in fields(REFERENCE) if field.name != "name"}
    warm_up(Kernels("noted", **{name: noted(name, kernel) for name, kernel in kernels.items()}), torch.device("cpu"))
    assert called == set(kernels)
