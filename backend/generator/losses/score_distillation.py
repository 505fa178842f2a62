"""Guidance by a diffusion model: SDS in latent and image space (paper Eq. 4-5, 10), CDS (Eq. 3).

Symbols: z latents | t timestep as a fraction of T | a = sqrt(acp), s = sqrt(1 - acp), sigma = s / a | eps noise
         z_hat = D(z + sigma eps; sigma) the clean estimate | g the wanted gradient dL/dz | B batch

Every term is 0.5 * sum((z - sg(z - g))^2) / B, whose gradient with respect to z is g / B. From z_hat alone,
eps_hat - eps = (z - z_hat) / sigma, so no formula below depends on what the network predicts.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...models.protocols import Condition, DiffusionPrior, Movable, PreparedCondition, Signal
from ...models.schedule import NoiseSchedule
from ..rendering.view import Channel, View
from ..runtime import Runtime
from ..schedules import Scheduled, SquareRoot, value_at
from .term import ViewName

PriorName = Literal["planar", "stereo"]
Weighting = Literal["1-sqrt(acp)", "1-acp", "sqrt(acp)(1-acp)", "uniform", "x0"]
"""w(t) on eps_hat - eps: threestudio unified "dreamfusion", DreamFusion and Consistent3D "sds", Fantasia3D, constant;
"x0" is w = sigma, so that g = z - z_hat: the residual of the clean estimate, as HiFA and the paper's Eq. 4 write it."""


def weight_of(weighting: Weighting, acp: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
    """w(t) from alphas_cumprod at t.

    >>> weight_of("1-acp", torch.tensor([0.25]))
    tensor([0.7500])
    """
    match weighting:
        case "1-sqrt(acp)":
            return 1 - acp.sqrt()
        case "1-acp":
            return 1 - acp
        case "sqrt(acp)(1-acp)":
            return acp.sqrt() * (1 - acp)
        case "uniform":
            return torch.ones_like(acp)
        case "x0":
            return ((1 - acp) / acp).sqrt()


def with_gradient(value: Float[Tensor, "B *rest"], gradient: Float[Tensor, "B *rest"]) -> Float[Tensor, ""]:
    """A scalar whose gradient with respect to ``value`` is ``gradient`` / B.

    Entries that are not finite stay so, where threestudio makes them 0: the step loop drops the loss for the step and
    stops a run whose prior gives nothing else, instead of going on without guidance.
    """
    target = (value - gradient).detach()
    return 0.5 * (value - target).square().sum() / len(value)


@dataclass(frozen=True)
class SDS:
    """Score distillation sampling. Defaults: threestudio magic123-hifa-coarse-sd.yaml.

    t_low, t_high: timesteps are drawn between these fractions of T.  image_weight: omega_img, the share of the term in
    image space (0 leaves it out; HiFA).  clip: largest |g| per element.  signal: what the prior sees, if not the guide.
    """

    prior: PriorName
    guidance_scale: Scheduled
    t_low: Scheduled = 0.2
    t_high: Scheduled = 0.6
    weighting: Weighting = "1-sqrt(acp)"
    image_weight: float = 0.0
    clip: float | None = None
    signal: Signal | None = None
    needs_reference: bool = False

    @property
    def name(self) -> str:
        return f"sds {self.prior} normals" if self.signal == "normal" else f"sds {self.prior}"

    @property
    def view(self) -> ViewName:
        return "stereo" if self.prior == "stereo" else "random"

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({self.signal or guide})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundSDS":
        prior, signal = runtime.prior(self.prior), self.signal or guide
        return BoundSDS(self, prior, prior.prepare(condition, signal), signal, runtime.rng(self.name))


@dataclass(frozen=True)
class BoundSDS:
    spec: SDS
    prior: DiffusionPrior
    condition: PreparedCondition
    signal: Signal
    generator: torch.Generator
    guidance_limit: float = math.inf

    @property
    def network(self) -> Movable:
        return self.prior

    def limited(self, guidance_scale: float) -> "BoundSDS":
        """The same loss, never guided by more than this."""
        return replace(self, guidance_limit=guidance_scale)

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        image = _at_prior_size(view.image(self.signal), self.prior)
        z = self.prior.encode(image, self.generator)
        t = draw_timesteps(len(z), value_at(self.spec.t_low, progress), value_at(self.spec.t_high, progress),
                           self.prior.schedule, self.generator)  # fmt: skip
        sigma, w = _column(self.prior.schedule.sigma(t)), _column(_weight(self.spec.weighting, self.prior.schedule, t))
        noise = torch.randn(z.shape, generator=self.generator, device=z.device)
        scale = min(value_at(self.spec.guidance_scale, progress), self.guidance_limit)
        with torch.no_grad():
            z_hat = self.prior.denoise(z + sigma * noise, sigma.view(-1), self.condition, view.cameras, scale)
        loss = with_gradient(z, _clipped(w * (z - z_hat) / sigma, self.spec.clip))
        if self.spec.image_weight:
            with torch.no_grad():
                image_hat = self.prior.decode(z_hat)
            loss = loss + self.spec.image_weight * with_gradient(image, w * (image - image_hat) / sigma)
        return loss


@dataclass(frozen=True)
class CDS:
    """Consistency distillation sampling as Consistent3D ships it; numbers of its consistency-refine.yaml.

    Two deterministic denoising steps with one noise eps* for the whole run; t1 > t2, t1 is the noisier one.
    t_less: schedule of t2.  t_less_range, gap, t_more_limit: t2 is clamped, t1 = t2 + U(gap), clamped to the limit.
    guidance_scale: S of e_c + S (e_c - e_u), one more than in the usual form.
    """

    prior: PriorName
    guidance_scale: Scheduled
    t_less: Scheduled = field(default_factory=lambda: SquareRoot(0.3, 0.02))
    t_less_range: tuple[float, float] = (0.02, 0.4)
    gap: tuple[float, float] = (0.1, 0.2)
    t_more_limit: float = 0.5
    weighting: Weighting = "1-acp"
    clip: Scheduled | None = None
    signal: Signal | None = None
    needs_reference: bool = False

    @property
    def name(self) -> str:
        return f"cds {self.prior}"

    @property
    def view(self) -> ViewName:
        return "stereo" if self.prior == "stereo" else "random"

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({self.signal or guide})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundCDS":
        prior, signal = runtime.prior(self.prior), self.signal or guide
        # A fresh stream: the noise is the same in every phase, view and step of the run.
        rng = runtime.fresh_rng(f"{self.name} noise")
        noise = torch.randn((1, *prior.latent_shape), generator=rng, device=runtime.device)
        return BoundCDS(self, prior, prior.prepare(condition, signal), signal, noise, runtime.rng(self.name))

    def levels(
        self, count: int, progress: float, schedule: NoiseSchedule, generator: torch.Generator
    ) -> tuple[Int[Tensor, "B"], Int[Tensor, "B"]]:
        """Timesteps (t1, t2) of each sample, t1 > t2, as indices into the schedule."""
        steps = len(schedule)
        low, high = (int(limit * steps) for limit in self.t_less_range)
        t_less = min(max(int(value_at(self.t_less, progress) * steps), low), high)
        gap = torch.randint(int(self.gap[0] * steps), int(self.gap[1] * steps), (count,), generator=generator,
                            device=generator.device)  # fmt: skip
        t_more = (t_less + gap).clamp(low, int(self.t_more_limit * steps))
        return t_more, torch.full_like(t_more, t_less)


@dataclass(frozen=True)
class BoundCDS:
    spec: CDS
    prior: DiffusionPrior
    condition: PreparedCondition
    signal: Signal
    noise: Float[Tensor, "1 C h w"]
    generator: torch.Generator

    @property
    def network(self) -> Movable:
        return self.prior

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        z = self.prior.encode(view.image(self.signal), self.generator)
        t1, t2 = self.spec.levels(len(z), progress, self.prior.schedule, self.generator)
        gradient = consistency_gradient(
            z.detach(), self.noise, t1, t2, self.prior.schedule,
            lambda noisy, sigma: self.prior.denoise(
                noisy, sigma, self.condition, view.cameras, value_at(self.spec.guidance_scale, progress) + 1
            ),
        )  # fmt: skip
        clip = None if self.spec.clip is None else value_at(self.spec.clip, progress)
        return with_gradient(
            z, _clipped(_column(_weight(self.spec.weighting, self.prior.schedule, t1)) * gradient, clip)
        )


@torch.no_grad()
def consistency_gradient(
    z: Float[Tensor, "B C h w"],
    noise: Float[Tensor, "1 C h w"],
    t1: Int[Tensor, "B"],
    t2: Int[Tensor, "B"],
    schedule: NoiseSchedule,
    denoise: Callable[[Float[Tensor, "B C h w"], Float[Tensor, "B"]], Float[Tensor, "B C h w"]],
) -> Float[Tensor, "B C h w"]:
    """e1 - e2: the noise predicted at t1 minus that predicted after one ODE step down to t2.

    t1 is the noisier level; ``denoise`` takes noisy latents and their sigma and gives the clean estimate.

    The literal Eq. 3 of the paper, D1 - D2, has the opposite sign and drives z away from the data: for N(m, v) data,
    e2 - e1 = -v (sigma1 - sigma2) (z1 - m) / ((v + sigma1^2) (v + sigma2^2)), which points to m.
    """
    sigma1, sigma2 = _column(schedule.sigma(t1)), _column(schedule.sigma(t2))
    z1 = z + sigma1 * noise
    e1 = (z1 - denoise(z1, sigma1.view(-1))) / sigma1
    z2 = z1 + (sigma2 - sigma1) * e1
    e2 = (z2 - denoise(z2, sigma2.view(-1))) / sigma2
    return e1 - e2


def draw_timesteps(
    count: int, low: float, high: float, schedule: NoiseSchedule, generator: torch.Generator
) -> Int[Tensor, "B"]:
    """Uniform timesteps between two fractions of the schedule, both included."""
    steps = len(schedule)
    first, last = int(low * steps), min(int(high * steps), steps - 1)
    return torch.randint(first, last + 1, (count,), generator=generator, device=generator.device)


def _at_prior_size(image: Float[Tensor, "B 3 H W"], prior: DiffusionPrior) -> Float[Tensor, "B 3 h w"]:
    size = (prior.image_size, prior.image_size)
    if image.shape[-2:] == size:
        return image
    return torch.nn.functional.interpolate(image, size=size, mode="bilinear", antialias=True)


def _weight(weighting: Weighting, schedule: NoiseSchedule, t: Int[Tensor, "B"]) -> Float[Tensor, "B"]:
    return weight_of(weighting, schedule.alphas_cumprod[t].float())


def _column(values: Float[Tensor, "B"]) -> Float[Tensor, "B 1 1 1"]:
    return values.view(-1, 1, 1, 1)


def _clipped(gradient: Float[Tensor, "B C h w"], limit: float | None) -> Float[Tensor, "B C h w"]:
    return gradient if limit is None else gradient.clamp(-limit, limit)
