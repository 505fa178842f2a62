"""Count the memory that backend/activation_memory.py predicts: no GPU, no weights, a minute.

Networks run on fake tensors, which have shapes and no values, at full size and in bfloat16, as on a GPU. Scenes run on
the CPU with small images, as how many samples they keep depends on values. What is alive at once is added up from every
operation's results; scratch memory inside an operation is not seen.

    python benchmarks/activation_memory.py
"""

import argparse
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from any_to_3d.backend import activation_memory as predicted
from any_to_3d.backend.activation_memory import Shown
from any_to_3d.backend.generator.cameras import single_camera
from any_to_3d.backend.generator.recipes import xbind
from any_to_3d.backend.generator.rendering.view import Channel
from any_to_3d.backend.generator.representations.nerf import NeRF
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.published import AUTOENCODER, UNCLIP_UNET, VIT_H_VISION, ZERO123_UNET, UNetShape
from any_to_3d.backend.models.random_networks import NARROW, random_networks
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

CPU = torch.device("cpu")
COLOURS: frozenset[Channel] = frozenset({"rgb", "alpha"})
COLOURS_AND_NORMALS: frozenset[Channel] = frozenset({"rgb", "alpha", "normal", "rays"})


class LivingBytes(TorchDispatchMode):
    """Bytes of the storages that operations have made in here and that still live (``now``), and the most (``peak``).

    known: tensors that do not count, such as weights.
    """

    def __init__(self, known: Sequence[Tensor] = ()) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._kept = tuple(known)
        self._known = {tensor.untyped_storage()._cdata for tensor in self._kept}
        self._living: dict[int, weakref.ref[torch.UntypedStorage]] = {}

    def __torch_dispatch__(
        self, operation: Callable[..., object], types: object, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> object:
        result = operation(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self._note(value.untyped_storage())
        return result

    def _note(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._living or key in self._known:
            return
        self._living[key] = weakref.ref(storage, partial(self._forget, key, size))
        self.now += size
        self.peak = max(self.peak, self.now)

    def _forget(self, key: int, size: int, _: object) -> None:
        del self._living[key]
        self.now -= size


@contextmanager
def fake_network(build: Callable[[], nn.Module]) -> Iterator[nn.Module]:
    """A frozen network in bfloat16 that occupies no memory; everything in here is in bfloat16 and fake."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with FakeTensorMode():
            yield build().eval().requires_grad_(False)
    finally:
        torch.set_default_dtype(before)


def counted(network: nn.Module, run: Callable[[], object]) -> int:
    """The peak of what a run allocates beside the network's own tensors."""
    with LivingBytes([*network.parameters(), *network.buffers()]) as living:
        run()
    return living.peak


def encoding(pictures: int, size: int, recompute: bool = False) -> int:
    """An image's way into latents and its gradient's way back."""

    def run() -> None:
        image = torch.empty(pictures, 3, size, size, requires_grad=True)
        torch.autograd.grad(network.encode(image).latent_dist.mean.sum(), image)

    with fake_network(AUTOENCODER.network) as network:
        if recompute:
            network.enable_gradient_checkpointing()
        return counted(network, run)


def decoding(pictures: int, size: int) -> int:
    @torch.no_grad()
    def run() -> None:
        network.decode(torch.empty(pictures, 4, size // 8, size // 8))

    with fake_network(AUTOENCODER.network) as network:
        return counted(network, run)


def denoising(shape: UNetShape, pictures: int, size: int) -> int:
    """Guided: two rows a picture."""
    rows, side = 2 * pictures, size // 8

    @torch.no_grad()
    def run() -> None:
        network(
            torch.empty(rows, shape.in_channels, side, side),
            torch.zeros(rows, dtype=torch.long),
            encoder_hidden_states=torch.empty(rows, 77, shape.cross_width),
            class_labels=None if shape.label_width is None else torch.empty(rows, shape.label_width),
        )

    with fake_network(shape.network) as network:
        return counted(network, run)


def embedding(pictures: int, has_gradient: bool = True) -> int:
    def run() -> None:
        side = VIT_H_VISION.image_size
        image = torch.empty(pictures, 3, side, side, requires_grad=has_gradient)
        with torch.set_grad_enabled(has_gradient):
            embedded = network(image).image_embeds
        if has_gradient:
            torch.autograd.grad(embedded.sum(), image)

    with fake_network(VIT_H_VISION.vision) as network:
        return counted(network, run)


def volume_view(start: NeRF, size: int, channels: frozenset[Channel]) -> tuple[int, int]:
    """Bytes that a view of a fresh field keeps, and that its backward pass allocates beside, on the CPU."""
    networks = random_networks(CPU, shapes=NARROW)
    kernels, _ = select_kernels("auto", CPU)
    world = Runtime(CPU, kernels, networks.planar, networks.stereo, networks.joint, networks.joint)
    scene = start.build(world)
    scene.begin_step(0, 0.0)
    parameters = list(scene.field.parameters())
    with LivingBytes(parameters) as living:
        view = scene.render(single_camera(size, CPU, 0.0, 0.0, 2.5, 40.0), channels)
        kept = living.now
        seen = [tensor for tensor in view.tensors() if tensor.requires_grad]
        gradients = torch.autograd.grad(sum(tensor.sum() for tensor in seen), parameters, allow_unused=True)
        own = sum(gradient.nbytes for gradient in gradients if gradient is not None)
        return kept, living.peak - kept - own


@dataclass(frozen=True)
class Row:
    """A count in bytes beside its prediction."""

    what: str
    count: float
    prediction: float

    def __str__(self) -> str:
        ratio = self.prediction / self.count
        return f"{self.what:48} {self.count / 1e6:9.0f} {self.prediction / 1e6:9.0f} MB {ratio:6.3f}"


def network_rows() -> Iterator[Row]:
    """Every network at the sizes of the recipes."""
    for size, pictures in ((256, 1), (512, 1), (512, 4), (768, 1)):
        shown = Shown(pictures, size, number=2, autoencoder_number=2)
        again = replace(shown, recompute=True)
        what = f"{pictures} of {size} pixels"
        yield Row(f"encoding {what}", encoding(pictures, size), predicted.bytes_of_encoding(shown))
        yield Row(f"encoding twice {what}", encoding(pictures, size, True), predicted.bytes_of_encoding(again))
        yield Row(f"decoding {what}", decoding(pictures, size), predicted.bytes_of_decoding(shown))
        for name, shape in (("unCLIP", UNCLIP_UNET), ("Zero-1-to-3", ZERO123_UNET)):
            denoised = denoising(shape, pictures, size)
            yield Row(f"denoising {what}, {name}", denoised, predicted.bytes_of_denoising(shown))
    for pictures in (1, 6):
        shown = Shown(pictures, 224, number=2, autoencoder_number=2)
        yield Row(f"embedding {pictures}", embedding(pictures), predicted.bytes_of_embedding(shown))
        yield Row(
            f"embedding {pictures} without gradient", embedding(pictures, False), predicted.bytes_of_comparing(shown)
        )


def volume_rows() -> Iterator[Row]:
    """A fresh field's views; two image sizes tell what a ray costs from what the field's own gradients do."""
    start = xbind.COARSE.start
    assert isinstance(start, NeRF)
    for name, channels in (("colours", COLOURS), ("colours and normals", COLOURS_AND_NORMALS)):
        (small, small_back), (large, large_back) = (volume_view(start, size, channels) for size in (24, 32))
        difference = predicted.bytes_of_view(start, 1, 32, channels) - predicted.bytes_of_view(start, 1, 24, channels)
        yield Row(f"{name} of 448 more rays", large - small, difference)
        back = predicted.bytes_of_backward(start, difference)
        yield Row(f"{name} of 448 more rays, backward", large_back - small_back, back)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    sys.stdout.write(f"{'':48} {'counted':>9} {'predicted':>9}    {'ratio':>6}\n")
    for rows in (network_rows, volume_rows):
        for row in rows():
            sys.stdout.write(f"{row}\n")


if __name__ == "__main__":
    main()
