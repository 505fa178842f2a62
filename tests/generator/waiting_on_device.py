"""Where a program would make the host wait for a GPU, found on a CPU by watching what it asks of torch.

Three kinds: reading a tensor's value or the count of its elements that fulfil something; moving a tensor to the host;
and moving a Python number or a tensor of the host to the device.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import any_to_3d.backend
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

BACKEND = Path(any_to_3d.backend.__file__).parent

COUNTING = ("nonzero", "masked_select", "unique", "_unique", "bincount", "histc", "multinomial")
"""Operations, by how their names begin, whose result is as large as the values say."""

READING = ("_local_scalar_dense", "is_nonzero", "equal", "_linalg_check_errors")

TO_HOST = ("cpu", "numpy", "tolist")

FROM_HOST = ("tensor", "as_tensor", "new_tensor", "from_numpy")

FACTORIES = (
    *("zeros", "ones", "full", "empty", "eye", "arange", "linspace", "rand", "randn", "randint", "randperm"),
    *("scalar_tensor", "tril_indices", "triu_indices"),
)
"""What makes its result on the host unless it is told a device."""


@dataclass
class Waits:
    """Places as "generator/terms.py _watch" and what each asks for; the innermost frame of the backend counts."""

    seen: dict[str, set[str]] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.seen.setdefault(_place(), set()).add(what)


class WatchedOperations(TorchDispatchMode):
    """Sees what every torch function comes down to, in forward and backward passes and inside libraries."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self._waits = waits

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name = func.overloadpacket.__name__
        if name in READING or name.startswith(COUNTING):
            self._waits.note(name)
        if name == "repeat_interleave" and (kwargs or {}).get("output_size") is None:
            self._waits.note(name)
        if name in ("index", "index_put", "index_put_", "_unsafe_index") and _has_mask(args[1]):
            self._waits.note("a mask as index")
        return func(*args, **(kwargs or {}))


class WatchedCalls(TorchFunctionMode):
    """Sees what does nothing on a CPU, and so comes down to no operation."""

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self._waits = waits

    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        if name in FROM_HOST or name in TO_HOST:
            self._waits.note(name)
        elif name == "to" and _names_host(args[1:], kwargs):
            self._waits.note("to the host")
        elif name in FACTORIES and kwargs.get("device") is None:
            self._waits.note(f"{name} on the host")
        return func(*args, **kwargs)


def _has_mask(indices: list[torch.Tensor | None]) -> bool:
    return any(index is not None and index.dtype == torch.bool for index in indices)


def _names_host(args: tuple[object, ...], kwargs: dict[str, object]) -> bool:
    return "cpu" in (*args[:1], kwargs.get("device"))


def _place() -> str:
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(BACKEND):
            return f"{path.relative_to(BACKEND).as_posix()} {frame.f_code.co_name}"
        frame = frame.f_back
    return "outside"
