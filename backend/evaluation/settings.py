"""How the objects of an evaluation are made and judged, whatever the suite."""

from dataclasses import dataclass
from pathlib import Path

from ..catalogue import ProfileName
from ..models.joint_folder import prompt_modalities
from ..runtime import models_root
from ..vocabulary import read_vocabulary
from .measures.orbit import VIEWS
from .pairs import UnknownWords


@dataclass(frozen=True)
class Settings:
    """models_folder is read by the full profile only. threads: of each process, 0 for the engine's own choice.

    views: azimuths an elevation.
    """

    out: Path
    profile: ProfileName = "builtin"
    device: str = "auto"
    models_folder: str = ""
    threads: int = 1
    views: int = VIEWS

    @property
    def models(self) -> Path:
        """The folder of the profile's networks."""
        return models_root(self.profile, Path(self.models_folder) if self.models_folder else None)


@dataclass(frozen=True)
class Knowledge:
    """Which prompts the networks take, and which words mean nothing to the judges (and to built-in generators)."""

    modalities: tuple[str, ...]
    unknown_words: UnknownWords

    @staticmethod
    def of(settings: Settings) -> "Knowledge":
        """Read from the model folders, without loading a network. Raises ValueError for a damaged vocabulary."""
        return Knowledge(prompt_modalities(settings.models), read_vocabulary().unknown_words)
