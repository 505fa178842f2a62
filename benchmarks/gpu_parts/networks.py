"""Each network alone: time, counted work, and the weights it has to read."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from any_to_3d.backend.generator.cameras import single_camera
from any_to_3d.backend.generator.condition_readers import readers_at_hand
from any_to_3d.backend.generator.recipe import ReferenceSampling
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.models.random_networks import NetworkShapes
from any_to_3d.backend.runtime import pictures_embedded
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from .case import Case
from .condition import stage_zero
from .rates import measure_rates
from .timing import Timing, timed
from .world import META, World

RATES, ACCELERATION = "device rates", "acceleration"

Work = Callable[[], object]


@dataclass(frozen=True)
class AccelerationResult:
    """what: was done to the networks.   seconds: that it took, with making the weights."""

    what: str
    seconds: float


@dataclass(frozen=True)
class NetworkResult:
    """teraflops: counted, 2 per multiply-add.   gigabytes: of weights that a call has to read, twice for a gradient."""

    teraflops: float
    gigabytes: float
    timing: Timing


@dataclass(frozen=True)
class Job:
    """A network's work, prepared on a runtime so that it can be timed on one and counted on another.

    network: what works, of given shapes.  weight_passes: how often its weights are read at least.
    """

    name: str
    prepare: Callable[[Runtime], Work]
    network: Callable[[NetworkShapes], nn.Module]
    weight_passes: int = 1


def part(world: World) -> Iterator[Case]:
    """The device's rates, then every network; with its gradient too where a loss differentiates it."""
    yield Case(RATES, lambda: measure_rates(world))
    yield Case(ACCELERATION, partial(measure_acceleration, world))
    for job in jobs():
        yield Case(job.name, partial(measure, world, job))


def jobs() -> Iterator[Job]:
    """All for one picture of a step, of which the similarity loss shows several crops together.

    Encoders and the image tower are compiled for a gradient only; without one they are as their libraries have them.
    """
    crops = max(pictures_embedded())
    yield Job("unclip U-Net, guidance pair", partial(_denoise, "planar"), lambda shapes: shapes.unclip.network())
    yield Job("zero123 U-Net, guidance pair", partial(_denoise, "stereo"), lambda shapes: shapes.zero123.network())
    for shown, prior in (("unclip", "planar"), ("zero123", "stereo")):
        yield Job(f"{shown} VAE encode", partial(_encode, prior), _encoder)
        yield Job(
            f"{shown} VAE encode, gradient", partial(_encode, prior, has_gradient=True), _encoder, weight_passes=2
        )
    yield Job("unclip VAE decode", _decode, lambda shapes: shapes.autoencoder.network().decoder)
    embed = partial(_embed, crops)
    yield Job(f"CLIP image tower, {crops} crops", embed, _tower)
    yield Job(f"CLIP image tower, {crops} crops, gradient", partial(embed, has_gradient=True), _tower, weight_passes=2)


def measure(world: World, job: Job) -> NetworkResult:
    """Time it on the device, count it where nothing has memory; at the size of the paper's phases."""
    shown = world.paper.phases[0].planar_size
    ours = world.ours.showing(shown)
    assert ours.stereo is not None, "random networks have both priors"
    with readers_at_hand(ours.planar, world.device), readers_at_hand(ours.stereo, world.device):
        work = job.prepare(ours)
    timing = timed(work, world.device, world.rounds)
    with META:
        weights = sum(weight.numel() for weight in job.network(world.shapes).parameters())
    gigabytes = job.weight_passes * weights * world.dtype.itemsize / 1e9
    return NetworkResult(teraflops(job.prepare(world.counted.showing(shown))), gigabytes, timing)


def measure_acceleration(world: World) -> AccelerationResult:
    """Make the networks that all parts use."""
    began = time.perf_counter()
    what = world.acceleration
    return AccelerationResult(what, round(time.perf_counter() - began, 1))


def teraflops(work: Work) -> float:
    """Counted, 2 operations per multiply-add, of matrix products, convolutions and attention."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e12


def _denoise(name: str, runtime: Runtime) -> Work:
    prior, device = runtime.prior(name), runtime.device
    prepared = prior.prepare(stage_zero(runtime, ReferenceSampling()).condition)
    noisy = torch.randn(1, *prior.latent_shape, device=device)
    sigma = torch.full((1,), 1.5, device=device)
    camera = single_camera(64, device)
    return lambda: prior.denoise(noisy, sigma, prepared, camera, 100.0)


def _encode(name: str, runtime: Runtime, has_gradient: bool = False) -> Work:
    prior = runtime.prior(name)
    return _maybe_backward(prior.encode, _pictures(1, prior.image_size, runtime), has_gradient)


def _decode(runtime: Runtime) -> Work:
    latents = torch.randn(1, *runtime.planar.latent_shape, device=runtime.device)
    return torch.no_grad()(lambda: runtime.planar.decode(latents))


def _embed(crops: int, runtime: Runtime, has_gradient: bool = False) -> Work:
    encoder = runtime.image_encoder
    return _maybe_backward(encoder.embed_image, _pictures(crops, encoder.input_size, runtime), has_gradient)


def _pictures(count: int, size: int, runtime: Runtime) -> Tensor:
    return torch.rand(count, 3, size, size, device=runtime.device)


def _maybe_backward(see: Callable[[Tensor], Tensor], picture: Tensor, has_gradient: bool) -> Work:
    if not has_gradient:
        return torch.no_grad()(lambda: see(picture))
    picture.requires_grad_()
    return lambda: torch.autograd.grad(see(picture).square().sum(), picture)


def _encoder(shapes: NetworkShapes) -> nn.Module:
    return shapes.autoencoder.network().encoder


def _tower(shapes: NetworkShapes) -> nn.Module:
    return shapes.joint_vision.vision()
