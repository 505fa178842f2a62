"""Which joint encoder a models folder has, and which kinds of prompt it takes; read without torch."""

from pathlib import Path
from typing import Literal

BUILTIN_FOLDER = Path(__file__).parent / "builtin"
AUDIO_ENCODER = "audio_encoder"

JointLayout = Literal["imagebind", "clip"]


def joint_layout(root: Path) -> JointLayout:
    """The folder of the joint encoder inside a models folder: ImageBind's where there is one, else CLIP's.

    ImageBind alone hears sounds and forbids commercial use; without its folder, none of its weights are read.
    """
    return "imagebind" if (root / "imagebind").is_dir() else "clip"


def prompt_modalities(root: Path) -> tuple[str, ...]:
    """Of "text", "image", "audio": what the joint encoder of a models folder takes."""
    layout = joint_layout(root)
    return ("text", "image", "audio") if layout == "imagebind" else joint_modalities(root / layout)


def joint_modalities(folder: Path) -> tuple[str, ...]:
    """Of a CLIP folder: text and image, and audio exactly if the folder has an audio tower."""
    return ("text", "image", "audio") if (folder / AUDIO_ENCODER).is_dir() else ("text", "image")
