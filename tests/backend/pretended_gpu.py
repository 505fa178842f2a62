"""A device that computes on the CPU and is as strict as a GPU about what it is given; for a process of its own.

Its tensors say that they lie on "gpu:0". As CUDA does, it refuses tensors of the host among them (but numbers, and what
CUDA takes), generators of another device, and to be read by numpy. What runs here mixes no devices on a GPU either.
Importing this cannot be taken back: torch takes the device's name once a process.
"""

from collections import Counter
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

_setup_privateuseone_for_python_backend("gpu")
GPU = torch.device("gpu:0")

BETWEEN_DEVICES = ("_to_copy", "copy_", "lift_fresh", "set_data")

INDEXED = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index")
"""CUDA takes indices of the host, and copies them."""

STATE_BYTES = 16
"""Of a CUDA generator; a CPU's are 5056."""

OnCpu = torch.Generator

_states: list[Tensor] = []


class GpuTensor(Tensor):
    """A tensor of the device; ``inner`` is where its numbers are."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> "GpuTensor":
        made = Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=GPU,
        )
        made.inner = inner
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        return computed(func, args, kwargs or {})


class GpuGenerator(OnCpu):
    """Draws the numbers of a CPU's generator; its state is as short as a GPU's, and stands for the real one."""

    @property
    def device(self) -> torch.device:
        return GPU

    def manual_seed(self, seed: int) -> "GpuGenerator":
        super().manual_seed(seed)
        return self

    def get_state(self) -> Tensor:
        _states.append(super().get_state())
        return torch.tensor([len(_states) - 1, 0]).view(torch.uint8)

    def set_state(self, new_state: Tensor) -> "GpuGenerator":
        if len(new_state) != STATE_BYTES:
            raise RuntimeError("RNG state is wrong size")
        super().set_state(_states[int(new_state.view(torch.int64)[0])])
        return self


def _device_of(generator: torch.Generator) -> str:
    """Operations are given another Python object of the same generator."""
    return GPU.type if generator._cdata in {each._cdata for each in _generators} else "cpu"


class Strict(TorchDispatchMode):
    """Everything within goes through ``computed``, also what makes tensors out of nothing."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        return computed(func, args, kwargs or {})


reads: Counter[str] = Counter()
"""How often a value of the device was read by the host."""


def computed(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The operation on the CPU, its results on the device they belong to. RuntimeError for what CUDA would refuse."""
    name = func.overloadpacket.__name__
    leaves, _ = tree_flatten((args, kwargs))
    given = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    of_gpu = [leaf for leaf in given if isinstance(leaf, GpuTensor)]
    asked = kwargs.get("device")
    target = GPU if of_gpu else torch.device("cpu")
    if asked is not None:
        target = torch.device(asked)
    _check(func, name, args, given, of_gpu, [leaf for leaf in leaves if isinstance(leaf, OnCpu)], target)
    if name == "_local_scalar_dense" and of_gpu:
        reads[name] += 1
    known = {id(tensor.inner): tensor for tensor in of_gpu}
    if asked is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    args, kwargs = tree_map(_plain, (args, kwargs))
    result = func(*args, **kwargs)
    if name == "copy_":
        target = GPU if known and id(result) in known else torch.device("cpu")
    if target.type != GPU.type:
        return result
    return tree_map(lambda leaf: _on_gpu(leaf, known), result)


def _on_gpu(leaf: Any, known: dict[int, GpuTensor]) -> Any:
    """What was changed in place is the tensor that it was."""
    if not isinstance(leaf, Tensor):
        return leaf
    return known[id(leaf)] if id(leaf) in known else GpuTensor(leaf)


def _plain(leaf: Any) -> Any:
    return leaf.inner if isinstance(leaf, GpuTensor) else leaf


def _check(
    func: Any,
    name: str,
    args: tuple[Any, ...],
    given: list[Tensor],
    of_gpu: list[Tensor],
    generators: list[torch.Generator],
    target: torch.device,
) -> None:
    if any(_device_of(generator) != target.type for generator in generators):
        raise RuntimeError(f"{name}: a generator of another device than {target}")
    if not of_gpu or len(of_gpu) == len(given) or name in BETWEEN_DEVICES:
        return
    if name in INDEXED and isinstance(args[0], GpuTensor) and all(isinstance(leaf, GpuTensor) for leaf in args[2:3]):
        return
    is_pointwise = torch.Tag.pointwise in func.tags or name in ("where", "fill_", "_fused_adam_")
    strangers = [tensor for tensor in given if not isinstance(tensor, GpuTensor)]
    if not (is_pointwise and all(tensor.dim() == 0 for tensor in strangers)):
        raise RuntimeError(f"{name}: tensors on cpu and {GPU}, of shapes {[list(tensor.shape) for tensor in given]}")


_generators: list[GpuGenerator] = []


def _generator(device: object = "cpu") -> torch.Generator:
    if torch.device(device).type != GPU.type:  # type: ignore[arg-type]
        return OnCpu(device)  # type: ignore[arg-type]
    _generators.append(GpuGenerator())
    return _generators[-1]


# A copied list is a tensor of the host first, which the mode sees on its way to the device.
torch._C._set_only_lift_cpu_tensors(True)
# A parameter that is moved has to become a new one: a wrapper cannot hide inside the old one.
torch.__future__.set_overwrite_module_params_on_conversion(True)
torch.Generator = _generator  # type: ignore[misc, assignment]
