"""What the trainings of both priors ask for on their command lines."""

from dataclasses import dataclass, field
from pathlib import Path

from .running.hardware import Hardware
from .running.run import Budget

WIDTHS = (48, 96, 96)


@dataclass(frozen=True)
class PriorOptions:
    """Data, finished parts and budget; each prior adds its own."""

    data: Path
    run: Path
    """Folder for the checkpoint and the curve, both of which export.py reads."""
    autoencoder: Path
    """The finished vae/ folder."""
    joint: Path
    """The finished run of the joint encoder."""
    latents: Path
    """Folder where latents and embeddings are cached."""
    widths: tuple[int, int, int] = WIDTHS
    """Channels of the U-Net's three resolutions."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=60.0))
    hardware: Hardware = field(default_factory=Hardware)
    batch: int = 32
    resume: bool = False
    seed: int = 0
