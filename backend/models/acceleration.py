"""The big frozen networks made fast on a GPU: tried out while they load, and left as they were where that fails.

Compiled are the U-Nets and the decoder (without gradients), and the encoders and the image tower (with the gradient to
the picture), for the shapes of a step with one picture. Other shapes, as of a whole batch of reference views, and what
is asked once a job are computed as they are: nothing compiles in the middle of a job.
"""

import importlib.util
import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from torch import Tensor, nn

from .clip_vision import ClipVision
from .graph_replay import replayed
from .imagebind import ImageBindVision
from .protocols import Condition, DiffusionPrior
from .stable_unclip import StableUnclipPrior
from .swapped_forward import Forward, SwappedForward, restore_forward, swap_forward
from .zero123 import Zero123Prior

TOLERANCE = 0.1
"""Largest norm of a difference over that of what is expected; rounding to 8 bits on other ways stays below .03."""

TRIAL_GUIDANCE = 3.0

_ALWAYS = nullcontext()


@dataclass(frozen=True)
class Trial:
    """A network, how it is used, and a use of it whose results show whether it still works."""

    name: str
    network: nn.Module
    with_gradient: bool
    results: Callable[[], list[Tensor]]


@dataclass(frozen=True)
class _Front:
    """A Viewpoints of one camera."""

    elevation: Float[Tensor, "1"]
    azimuth: Float[Tensor, "1"]
    distance: Float[Tensor, "1"]
    fov_y: Float[Tensor, "1"]


def accelerate(
    planar: StableUnclipPrior,
    stereo: Zero123Prior,
    vision: ClipVision | ImageBindVision,
    is_compiling: bool,
    pictures_embedded: Sequence[int] = (1,),
    reading: AbstractContextManager[None] = _ALWAYS,
) -> str:
    """Make the networks fast in place, as far as their device allows; a line for the log that says what was done.

    planar: at the image size it will be shown.  is_compiling: else they are only laid out as a GPU likes them.
    pictures_embedded: how many the image tower will be shown together.  reading: within it the priors can read a
    condition, for which they may lack room otherwise.  Takes minutes where nothing is compiled yet.
    """
    device = planar.unet.device
    if device.type != "cuda":
        return f"networks: not compiled, as {device} is no GPU"
    lay_out_channels_last(planar, stereo)
    if not is_compiling:
        return "networks: not compiled, as asked"
    with reading:
        trials = trials_of(planar, stereo, vision, pictures_embedded)
    return make_fast(trials, missing_for_compiling(device), compiled, replayed)


def make_fast(
    trials: Sequence[Trial],
    missing: str,
    compiling: Callable[[Forward], Forward],
    recording: Callable[[Forward], Forward],
) -> str:
    """Compile what compiles, unless something is missing for it, and record the U-Nets among the rest; says which.

    Only they are recorded: they need no gradient, launch the most kernels, and keep the least memory for it.
    """
    said = f"not compiled, {missing}" if missing else f"compiled: {install(trials, compiling)}"
    left = [trial for trial in trials if isinstance(trial.network, UNet2DConditionModel) and not is_fast(trial)]
    return f"networks: {said}; recorded: {install(left, recording)}" if left else f"networks: {said}"


def is_fast(trial: Trial) -> bool:
    """Whether the network was made fast, and still is."""
    return isinstance(trial.network.forward, SwappedForward)


def keep_compiled_networks(folder: Path) -> None:
    """Say where this process keeps what it compiles, unless its environment does: the next start finds it there."""
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))


def missing_for_compiling(device: torch.device) -> str:
    """What keeps torch from compiling for a GPU, empty if nothing is known to; the trial finds out the rest."""
    if importlib.util.find_spec("triton") is None:
        return "as the package triton is missing (it comes with torch's CUDA wheels for Linux)"
    if torch.cuda.get_device_capability(device) < (7, 0):
        return "as this needs compute capability 7.0"
    return ""


def compiled(forward: Forward, backend: str = "inductor") -> Forward:
    """The forward as one graph; anything that would break it into several raises while it is tried out.

    No CUDA graphs: they keep weights and results at fixed addresses, while ours move to main memory where it is short
    and are still wanted when the next network runs. Nor is every matrix product tried in a dozen ways, as that takes
    minutes for each shape.
    """
    faster: Forward = torch.compile(forward, backend=backend, fullgraph=True, dynamic=False)
    return faster


def lay_out_channels_last(*priors: StableUnclipPrior | Zero123Prior) -> None:
    """Convolutions in short numbers need no rearranging then; float32 ones, on cards without units for it, stay."""
    for prior in priors:
        for network in (prior.unet, prior.codec.network):
            if network.dtype != torch.float32:
                for weight in network.parameters():
                    if weight.dim() == 4:
                        weight.data = weight.data.contiguous(memory_format=torch.channels_last)


def trials_of(
    planar: StableUnclipPrior,
    stereo: Zero123Prior,
    vision: ClipVision | ImageBindVision,
    pictures_embedded: Sequence[int] = (1,),
) -> tuple[Trial, ...]:
    """What is worth being fast, each with a use of it as in a step with one picture."""
    device = planar.unet.device
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).to(device)
    front = _Front(*(torch.full((1,), value, device=device) for value in (0.0, 0.0, 2.5, 0.7)))
    with torch.no_grad():
        condition = Condition(vision.embed_image(picture), "an object", reference_image=picture, reference_view=front)
    found = []
    for name, prior in (("2D", planar), ("3D-aware", stereo)):
        encoder, shape = prior.codec.network.encoder, (1, 3, prior.image_size, prior.image_size)
        found += [
            Trial(f"{name} U-Net", prior.unet, False, _denoising(prior, condition, front)),
            Trial(f"{name} encoder", encoder, True, _gradients(prior.encode, [shape], device)),
        ]
    # The 3D-aware prior's pictures are never decoded in a step.
    found.append(Trial("2D decoder", planar.codec.network.decoder, False, _decoding(planar)))
    shapes = [(count, 3, vision.input_size, vision.input_size) for count in pictures_embedded]
    found.append(Trial("image tower", vision.network, True, _gradients(vision.embed_image, shapes, device)))
    return tuple(found)


def install(trials: Sequence[Trial], faster: Callable[[Forward], Forward]) -> str:
    """Make each network fast and try it; what was kept, what was not and why, and how long that took."""
    start, kept, left = time.monotonic(), [], []
    for trial in trials:
        problem = _problem(trial, faster)
        if problem:
            left.append(f"{trial.name} ({problem})")
        else:
            kept.append(trial.name)
    said = f"{', '.join(kept) or 'none'} in {time.monotonic() - start:.0f} s"
    return f"{said}; left as they are: {', '.join(left)}" if left else said


def _problem(trial: Trial, faster: Callable[[Forward], Forward]) -> str:
    """Why the network was left as it is, empty if it is fast now."""
    try:
        expected = trial.results()
        swapped = swap_forward(trial.network, faster, expected[0].device.type, trial.with_gradient)
        got = trial.results()
    except Exception as error:  # Any: a compiler, a linker and a driver take part, and each fails in its own way.
        restore_forward(trial.network)
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
    for mine, plain in zip(got, expected, strict=True):
        difference = float((mine - plain).norm() / plain.norm())
        if not difference <= TOLERANCE:  # also true for NaN
            restore_forward(trial.network)
            return f"its result is off by {difference:.2g}"
    swapped.is_trying = False
    return ""


def _denoising(prior: DiffusionPrior, condition: Condition, front: _Front) -> Callable[[], list[Tensor]]:
    prepared = prior.prepare(condition)
    device = front.azimuth.device
    noisy = torch.randn((1, *prior.latent_shape), generator=torch.Generator().manual_seed(1)).to(device)
    sigma = prior.schedule.sigma(torch.full((1,), len(prior.schedule) // 2, device=device))
    return lambda: [prior.denoise(noisy, sigma, prepared, front, TRIAL_GUIDANCE)]


def _decoding(prior: DiffusionPrior) -> Callable[[], list[Tensor]]:
    latents = torch.randn((1, *prior.latent_shape), generator=torch.Generator().manual_seed(2))
    latents = latents.to(prior.schedule.alphas_cumprod.device)

    def results() -> list[Tensor]:
        with torch.no_grad():
            return [prior.decode(latents)]

    return results


def _gradients(
    network: Callable[[Tensor], Tensor], shapes: Sequence[tuple[int, ...]], device: torch.device
) -> Callable[[], list[Tensor]]:
    rng = torch.Generator().manual_seed(3)
    images = [torch.rand(shape, generator=rng).to(device) for shape in shapes]

    def results() -> list[Tensor]:
        return [tensor for image in images for tensor in _value_and_gradient(network, image)]

    return results


@torch.enable_grad()
def _value_and_gradient(network: Callable[[Tensor], Tensor], image: Tensor) -> tuple[Tensor, Tensor]:
    leaf = image.clone().requires_grad_()
    output = network(leaf)
    weights = torch.linspace(-1, 1, output.numel(), device=output.device).view_as(output)
    return output.detach(), torch.autograd.grad((output * weights).sum(), leaf)[0]
