import importlib.util
import subprocess
import sys

import pytest
import torch
from any_to_3d.backend.kernels.select import select_kernels

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")


def test_auto_takes_numba_on_a_cpu():
    kernels, report = select_kernels("auto", CPU)
    assert kernels.name == "cpu"
    assert report == "kernels: cpu (numba), the fastest for this device"


def test_auto_takes_torch_on_cuda_and_says_why():
    kernels, report = select_kernels("auto", CUDA)
    assert kernels.name == "reference"
    assert "reference (torch) on cuda:0; not cpu (numba)" in report


def test_cpu_kernels_on_cuda_are_refused():
    with pytest.raises(ValueError, match="the device is cuda:0; choose 'auto' or 'reference'"):
        select_kernels("cpu", CUDA)


def test_a_missing_numba_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="the package numba is not installed"):
        select_kernels("cpu", CPU)
    assert "numba is not installed" in select_kernels("auto", CPU)[1]


def test_an_unknown_name_is_refused():
    # A TypeError when the jaxtyping import hook checks the annotation first.
    with pytest.raises((ValueError, TypeError), match="'auto', 'reference'"):
        select_kernels("fast", CPU)


def test_the_reference_does_not_need_numba():
    program = (
        "import sys; sys.modules['numba'] = None\n"
        "from any_to_3d.backend.kernels.select import select_kernels\n"
        "assert select_kernels('reference', 'cpu')[0].name == 'reference'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_kernels_compile_where_nothing_can_be_written(tmp_path):
    program = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "from any_to_3d.backend.kernels.compiled import compiled\n"
        "assert compiled(lambda x: x + 1)(2) == 3"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
