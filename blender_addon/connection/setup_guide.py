"""How to install the backend, step by step, for each system. The add-on shows this and never runs any of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .programs import System

_CPU_TORCH = "https://download.pytorch.org/whl/cpu"
_CUDA_TORCH = "https://download.pytorch.org/whl/cu128"
_INSTALL = "Go to the folder of any-to-3d's source, the one with pyproject.toml, and install the backend."
_LOOK = "Look whether all is well."


@dataclass(frozen=True)
class SetupStep:
    """What to do, and the command that does it; some steps have none."""

    text: str
    command: str = ""


def setup_steps(system: System) -> tuple[SetupStep, ...]:
    """In order. The last one is to come back: the program is found by itself where these commands put it."""
    steps = {"linux": _linux, "windows": _windows, "macos": _macos}[system]()
    back = SetupStep("Come back here and press Look Again: the program is found by itself.")
    return (*steps, back)


def _linux() -> tuple[SetupStep, ...]:
    scripts = "~/any-to-3d/bin"
    return (
        SetupStep("Open a terminal. Make an environment with Python 3.11 or newer.", "python3 -m venv ~/any-to-3d"),
        SetupStep(
            "Only without an NVIDIA card: a smaller torch.", f"{scripts}/pip install torch --index-url {_CPU_TORCH}"
        ),
        SetupStep(_INSTALL, f"{scripts}/pip install ."),
        SetupStep(_LOOK, f"{scripts}/any-to-3d doctor"),
    )


def _windows() -> tuple[SetupStep, ...]:
    scripts = "%USERPROFILE%\\any-to-3d\\Scripts"
    return (
        SetupStep("Install Python 3.11 or newer, with its launcher 'py'.", "winget install Python.Python.3.13"),
        SetupStep(
            "Open the Command Prompt (cmd, not PowerShell). Make an environment.",
            'py -m venv "%USERPROFILE%\\any-to-3d"',
        ),
        SetupStep(
            "Only with an NVIDIA card: torch for it.", f'"{scripts}\\pip" install torch --index-url {_CUDA_TORCH}'
        ),
        SetupStep(_INSTALL, f'"{scripts}\\pip" install .'),
        SetupStep(_LOOK, f'"{scripts}\\any-to-3d" doctor'),
    )


def _macos() -> tuple[SetupStep, ...]:
    scripts = "~/any-to-3d/bin"
    return (
        SetupStep("Install Python 3.11 or newer, from python.org or with Homebrew.", "brew install python@3.13"),
        SetupStep("Open the Terminal. Make an environment.", "python3.13 -m venv ~/any-to-3d"),
        SetupStep(_INSTALL, f"{scripts}/pip install ."),
        SetupStep(_LOOK, f"{scripts}/any-to-3d doctor"),
    )
