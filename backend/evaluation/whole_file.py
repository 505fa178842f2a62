"""Text files that are either whole or not there."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """To a side file, then renamed."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)
