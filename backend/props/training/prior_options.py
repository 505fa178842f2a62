"""What the trainings of both priors ask for on their command lines."""

from dataclasses import dataclass, field
from pathlib import Path

from .running.run import Budget
from .running.run_options import RunOptions

WIDTHS = (48, 96, 96)
_WIDTH_STEP = 16
"""Groups of the normalisations, which must divide the channels."""


@dataclass(frozen=True)
class PriorOptions(RunOptions):
    """Data, finished parts and budget; each prior adds its own."""

    data: Path
    """Folder of rendered pictures, as make_dataset writes it."""
    run: Path
    """Folder for the checkpoint, which the export reads, and the curve."""
    autoencoder: Path
    """The finished vae/ folder."""
    joint: Path
    """Folder of the finished words, images and audio."""
    latents: Path
    """Folder where latents and embeddings are cached."""
    widths: tuple[int, int, int] = WIDTHS
    """Channels of the network's three resolutions, each a multiple of 16."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=60.0), kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_widths(self.widths)


def require_widths(widths: tuple[int, int, int]) -> None:
    """Raises ValueError for channels that the priors' networks cannot have."""
    if any(width < _WIDTH_STEP or width % _WIDTH_STEP for width in widths):
        got = " ".join(str(width) for width in widths)
        raise ValueError(f"--widths: got {got}; each must be a multiple of {_WIDTH_STEP}, such as 48 96 96")
