"""Where the built-in networks lie, and which kinds of prompt a joint encoder's folder takes; read without torch."""

from pathlib import Path

BUILTIN_FOLDER = Path(__file__).parent / "builtin"
AUDIO_ENCODER = "audio_encoder"


def joint_modalities(folder: Path) -> tuple[str, ...]:
    """Text and image, and audio exactly if the folder has an audio tower."""
    return ("text", "image", "audio") if (folder / AUDIO_ENCODER).is_dir() else ("text", "image")
