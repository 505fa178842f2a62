"""Which tests run, and in how many processes.

Tests marked slow run with --run-slow; what needs a GPU or bpy is skipped, with a reason, where there is none.
"""

import gc
import importlib.util
import os
import shutil
from pathlib import Path

import pytest

PROCESSES = 2

# Two processes share the processor; each with threads for all of it would wait for the other's. Before torch is loaded.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Triton decides while it is imported, by whomever, whether kernels are compiled for a GPU or interpreted.
if not shutil.which("nvidia-smi"):
    os.environ.setdefault("TRITON_INTERPRET", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="also run the tests marked slow")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Two processes for folders of tests; none beside this one for files and single tests, which so begin sooner.

    Nor for what two would disturb: windows, a GPU whose memory is measured, output that is to be seen.
    PYTEST_XDIST_AUTO_NUM_WORKERS or -n say otherwise.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    has_folders = any(Path(argument.split("::")[0]).is_dir() for argument in config.args)
    is_disturbed = "ANY_TO_3D_GUI_BLENDER" in os.environ or shutil.which("nvidia-smi") or config.option.capture == "no"
    return PROCESSES if has_folders and not is_disturbed and (os.cpu_count() or 1) >= PROCESSES else 0


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Keep the garbage collector out of all that was imported: 650,000 objects, half a second for each collection."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Libraries in C++ count what of theirs is left at the end, and complain."""
    gc.unfreeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reasons = {
        "slow": "" if config.getoption("--run-slow") else "slow: pass --run-slow",
        "cuda": "" if shutil.which("nvidia-smi") else "needs an NVIDIA GPU",
        "blender": "" if importlib.util.find_spec("bpy") else "needs bpy in this environment",
    }
    for item in items:
        for marker, reason in reasons.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
