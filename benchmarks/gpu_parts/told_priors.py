"""Priors of random weights that do all their work, and then say almost what they were shown.

A run guided by random weights would tear its object apart, and a torn object is dearer to draw than any real one; so
would be the reference view, which is noise. Every network is still asked as often as in a run, and its answer used.
"""

from dataclasses import dataclass, field, fields, replace

from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.models.protocols import PreparedCondition, Viewpoints
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.models.zero123 import Zero123Prior
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn.functional import interpolate

from .condition import ball_picture

HEARD = 0.01
"""Share of a network's own answer: not 0, as matrix products of zeros run faster on a GPU than those of a run."""


@dataclass
class Shown:
    """What a prior was shown last; nothing during stage 0, whose pictures are all of the ball."""

    image: Tensor | None = None
    latents: Tensor | None = None


class _Told:
    """To be put before a prior's class."""

    shown: Shown

    def encode(self, image: Float[Tensor, "B 3 H W"], rng: Generator | None = None) -> Float[Tensor, "B C h w"]:
        latents = super().encode(image, rng)  # type: ignore[misc]  # of the prior behind this class
        self.shown.image, self.shown.latents = image.detach(), latents.detach()
        return latents

    def decode(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 3 H W"]:
        said = super().decode(latents)  # type: ignore[misc]
        size = said.shape[-1]
        known = self.shown.image if self.shown.image is not None else ball_picture(size, said.device)
        if known.shape[-1] != size:
            known = interpolate(known, size=(size, size), mode="bilinear", antialias=True)
        return known.lerp(said, HEARD)

    def denoise(
        self,
        noisy: Float[Tensor, "B C h w"],
        sigma: Float[Tensor, "B"],
        condition: PreparedCondition,
        cameras: Viewpoints,
        guidance_scale: float,
    ) -> Float[Tensor, "B C h w"]:
        said = super().denoise(noisy, sigma, condition, cameras, guidance_scale)  # type: ignore[misc]
        return said if self.shown.latents is None else self.shown.latents.lerp(said, HEARD)


@dataclass(frozen=True)
class ToldUnclip(_Told, StableUnclipPrior):
    shown: Shown = field(default_factory=Shown)


@dataclass(frozen=True)
class ToldZero123(_Told, Zero123Prior):
    shown: Shown = field(default_factory=Shown)


def told(runtime: Runtime) -> Runtime:
    """The runtime with priors that keep its object whole; the networks are the same."""
    planar, stereo = runtime.planar, runtime.stereo
    assert isinstance(planar, StableUnclipPrior), "the measured 2D prior is Stable unCLIP"
    assert isinstance(stereo, Zero123Prior), "the measured 3D-aware prior is Zero-1-to-3"
    return replace(
        runtime,
        planar=ToldUnclip(**{each.name: getattr(planar, each.name) for each in fields(StableUnclipPrior)}),
        stereo=ToldZero123(**{each.name: getattr(stereo, each.name) for each in fields(Zero123Prior)}),
    )
