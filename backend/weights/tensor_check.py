"""Names and shapes of the tensors in a file, against those that the published network has."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ..models.imagebind_layout import checkpoint_shapes, wrong_tensors
from .known_models import ModelName

Shapes = Mapping[str, tuple[int, ...]]


def expected_shapes(name: ModelName) -> Shapes | None:
    """The table of a model that has no configuration beside its weights; None for all others."""
    return checkpoint_shapes() if name == "imagebind" else None


def tensor_problem(found: Shapes, expected: Shapes) -> str | None:
    """What is wrong with the tensors, in one sentence, or None."""
    wrong = wrong_tensors(found, expected)
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return f"{wrong[0]}{more}" if wrong else None


def shapes_in(path: Path) -> Shapes:
    """Of a safetensors file, without reading its tensors. Raises ValueError for any other file."""
    try:
        with safe_open(path, framework="pt") as tensors:
            return {key: tuple(tensors.get_slice(key).get_shape()) for key in tensors.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from error
