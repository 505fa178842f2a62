import importlib.util
import subprocess
import sys

import pytest
import torch
from any_to_3d.backend.kernels import select
from any_to_3d.backend.kernels.select import select_kernels
from kernel_meshes import HAS_TRITON, NO_TRITON, TRITON

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")


@pytest.fixture
def forgotten_trials():
    """No trial has been run, and none is remembered afterwards."""
    select._failed_trial.cache_clear()
    yield
    select._failed_trial.cache_clear()


@pytest.fixture
def agreeing(monkeypatch, forgotten_trials):
    """Every set passes its trial."""
    monkeypatch.setattr(select, "disagreement", lambda kernels, reference, device: "")


@pytest.fixture
def has_triton(monkeypatch, forgotten_trials):
    """A machine that seems to have a GPU, and whose trial has not been run."""
    if not HAS_TRITON:
        pytest.skip(NO_TRITON)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)


def test_auto_takes_numba_on_a_cpu():
    kernels, report = select_kernels("auto", CPU)
    assert kernels.name == "cpu"
    assert report == "kernels: cpu (numba), the fastest for this device"


def test_auto_takes_torch_on_cuda_and_says_that_triton_is_missing(agreeing, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    kernels, report = select_kernels("auto", CUDA)
    assert kernels.name == "torch"
    assert "torch on cuda:0; not triton: the package triton is missing" in report


def test_auto_takes_the_reference_where_torch_kernels_differ_too(monkeypatch, forgotten_trials):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(select, "disagreement", lambda kernels, reference, device: "hash grid: result 0 is off by 1")
    kernels, report = select_kernels("auto", CUDA)
    assert kernels.name == "reference"
    assert report.endswith("not torch: their trial run differs from the reference, hash grid: result 0 is off by 1")


def test_auto_takes_torch_on_cuda_where_torch_sees_no_gpu(has_triton, agreeing, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert select_kernels("auto", CUDA)[1].endswith("not triton: this torch sees no GPU")


def test_auto_takes_triton_after_its_trial_run(has_triton, agreeing):
    kernels, report = select_kernels("auto", CUDA)
    assert kernels.name == "triton"
    assert report == "kernels: triton, the fastest for this device"


def test_triton_kernels_that_differ_are_not_taken(has_triton, monkeypatch):
    wrong = {"triton": "composite: result 0 is off by 1"}
    monkeypatch.setattr(select, "disagreement", lambda kernels, reference, device: wrong.get(kernels.name, ""))
    assert select_kernels("auto", CUDA)[0].name == "torch"
    assert select_kernels("auto", CUDA)[1].endswith("differs from the reference, composite: result 0 is off by 1")
    with pytest.raises(ValueError, match="'triton' cannot be used: their trial run differs"):
        select_kernels("triton", CUDA)


def test_triton_kernels_that_do_not_compile_are_not_taken(has_triton, monkeypatch):
    def fails(kernels, reference, device):
        if kernels.name == "triton":
            raise RuntimeError("Failed to find C compiler.\nPlease specify one.")
        return ""

    monkeypatch.setattr(select, "disagreement", fails)
    report = select_kernels("auto", CUDA)[1]
    assert report.endswith("not triton: their trial run failed with RuntimeError: Failed to find C compiler.")


def test_triton_kernels_on_a_cpu_are_refused():
    with pytest.raises(ValueError, match="they need an NVIDIA GPU, and the device is cpu"):
        select_kernels("triton", CPU)


@pytest.mark.cuda
def test_auto_takes_triton_on_a_gpu():
    assert select_kernels("auto", CUDA) == (TRITON, "kernels: triton, the fastest for this device")


def test_choosing_kernels_for_a_cpu_does_not_import_triton():
    program = (
        "import sys\n"
        "from any_to_3d.backend.kernels.select import select_kernels\n"
        "select_kernels('auto', 'cpu'), select_kernels('reference', 'cpu')\n"
        "assert 'triton' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_cpu_kernels_on_cuda_are_refused():
    with pytest.raises(ValueError, match="the device is cuda:0; choose 'auto' or 'reference'"):
        select_kernels("cpu", CUDA)


def test_a_missing_numba_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="the package numba is not installed"):
        select_kernels("cpu", CPU)
    kernels, report = select_kernels("auto", CPU)
    assert kernels.name == "torch"
    assert report == "kernels: torch on cpu; not cpu (numba): the package numba is not installed"


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
