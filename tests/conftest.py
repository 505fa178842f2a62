"""Markers: slow tests run with --run-slow; what needs a GPU or bpy is skipped, with a reason, where there is none."""

import importlib.util
import os
import shutil

import pytest

# Triton decides while it is imported, by whomever, whether kernels are compiled for a GPU or interpreted.
if not shutil.which("nvidia-smi"):
    os.environ.setdefault("TRITON_INTERPRET", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="also run the tests marked slow")


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
