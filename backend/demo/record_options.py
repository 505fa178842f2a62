"""What ``any-to-3d record-demo`` is asked for."""

from dataclasses import dataclass
from pathlib import Path

from ..catalogue import ProfileName

RECORDING = Path(__file__).parents[2] / "blender_addon" / "demo" / "recording.npz"
"""Where the add-on has its recording, beside this package."""


@dataclass(frozen=True)
class RecordOptions:
    """What to record, how, and where it goes."""

    text: str
    """What to make, as in "an orange lantern"."""

    seed: int = 0
    """The same prompt, preset and seed give the same object."""

    preset: str = "standard"
    """draft, standard or high."""

    profile: ProfileName = "builtin"
    """Which models make it."""

    device: str = "auto"
    """cpu, cuda, cuda:0 ..."""

    threads: int = 0
    """CPU threads; 0 takes one for the built-in models, torch's choice for others."""

    output: Path = RECORDING
    """Where the recording goes; by default where the add-on's zip takes it from."""
