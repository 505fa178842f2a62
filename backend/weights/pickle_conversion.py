"""Pickled weights made into safetensors, without running anything that a pickle asks for."""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .failures import SourceFailed
from .tensor_check import Shapes, tensor_problem

_REFUSALS = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError)
"""What the restricted unpickler raises: for an object that is not allowed, and for nonsense in the stream."""


def convert_pickle(source: Path, target: Path, expected: Shapes) -> None:
    """Write the expected tensors of a flat state dict to ``target``; what else the file holds is left out.

    torch's restricted unpickler reads it: tensors and plain containers only. Every name and shape is compared before
    anything is written. Raises SourceFailed, leaving no target, for a file that asks for more or differs.
    """
    tensors = _restricted_load(source)
    problem = tensor_problem({name: tuple(tensor.shape) for name, tensor in tensors.items()}, expected)
    if problem is not None:
        raise SourceFailed(f"{source.name} is refused: {problem}")
    unfinished = target.with_name(f"{target.name}.part")
    try:
        save_file({name: tensors[name].contiguous() for name in expected}, unfinished, {"format": "pt"})
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _restricted_load(source: Path) -> Mapping[str, Tensor]:
    try:
        # A mapped file is read as it is written out, so that several GB need not fit into memory twice.
        loaded = torch.load(source, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(source))
    except _REFUSALS as error:
        reason = " ".join(str(error).split())[:300]
        raise SourceFailed(f"{source.name} is refused: it holds more than tensors, or is damaged ({reason})") from error
    if not isinstance(loaded, dict) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in loaded.items()
    ):
        raise SourceFailed(f"{source.name} is refused: it is not a flat table of named tensors")
    return loaded
