"""What the interpreter accepts, a GPU's compiler may not: every kernel is compiled for one, with no GPU at hand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_meshes import HAS_TRITON, NO_TRITON

KERNELS = {
    "triton_hash_grid": {"_gather", "_scatter"},
    "triton_composite": {"_forward", "_backward"},
    "triton_marching_tetrahedra": {"_classify", "_emit"},
    "triton_crossings": {"_cross", "_uncross"},
    "triton_zbuffer": {"_measure", "_draw"},
    "triton_rasterise": {"_forward", "_backward"},
    "triton_antialias": {"_walk", "_blend", "_unblend"},
}


@pytest.mark.skipif(not HAS_TRITON, reason=NO_TRITON)
def test_every_kernel_compiles_for_an_h100_without_fused_multiply_adds(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path)
    program = Path(__file__).with_name("compile_for_hopper.py")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert {(module, name) for module, name, _ in lines} == {
        (module, name) for module, names in KERNELS.items() for name in names
    }
    assert {count for _, _, count in lines} == {"0"}
