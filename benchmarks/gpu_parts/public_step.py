"""A step of ours as public code would take it: all terms in one graph, walked back at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from any_to_3d.backend.generator.losses.augmentation import random_crop, random_perspective
from any_to_3d.backend.generator.losses.modality_similarity import ModalitySimilarity
from any_to_3d.backend.generator.losses.score_distillation import CDS, SDS
from any_to_3d.backend.generator.losses.surface import LaplacianSmoothness, NormalConsistency
from any_to_3d.backend.generator.losses.term import Loss, ViewName
from any_to_3d.backend.generator.recipe import Balanced, Weighted
from any_to_3d.backend.generator.rendering.view import Channel, View
from any_to_3d.backend.generator.schedules import value_at
from any_to_3d.backend.models.clip_vision import ClipVision, ImagePreprocessing
from any_to_3d.backend.models.random_networks import CLIP_MEAN, CLIP_STD, NetworkShapes
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, interpolate

from .condition import stage_zero
from .public_mesh import PublicMesh
from .public_priors import PublicPrior, public_unclip, public_zero123
from .standing_phase import STILL, StandingPhase


@dataclass(frozen=True)
class PublicNetworks:
    """A set of weights of its own: ours may be laid out for the device, and compiled."""

    planar: PublicPrior
    stereo: PublicPrior
    vision: ClipVision

    @staticmethod
    def build(shapes: NetworkShapes, device: torch.device, dtype: torch.dtype) -> "PublicNetworks":
        with device:
            tower = nn.Module.to(shapes.joint_vision.vision(), dtype).eval().requires_grad_(False)
        preprocessing = ImagePreprocessing(shapes.joint_vision.image_size, CLIP_MEAN, CLIP_STD)
        return PublicNetworks(
            public_unclip(shapes, device, dtype),
            public_zero123(shapes, device, dtype),
            ClipVision(tower, preprocessing),
        )


class PublicStep:
    """Shares scene, cameras and optimiser with a phase of ours; losses and how they are joined are public code's."""

    def __init__(self, standing: StandingPhase, networks: PublicNetworks) -> None:
        self._standing, self._networks = standing, networks
        runtime = standing.runtime
        condition = stage_zero(runtime, standing.recipe.reference).condition
        self._embedding, self._generator = condition.embedding, runtime.rng("public augmentation")
        latents = networks.planar.latent_size
        self._fixed = torch.randn(1, 4, latents, latents, device=runtime.device)
        # What is left of the losses is a line of arithmetic in either formulation.
        self._plain = {
            each.loss.name: each.loss.bind(runtime, condition, standing.phase.guide)
            for each in standing.phase.losses
            if not isinstance(each.loss, SDS | CDS | ModalitySimilarity | NormalConsistency | LaplacianSmoothness)
        }

    def step(self, index: int) -> None:
        standing = self._standing
        progress = index / standing.phase.steps
        standing.scene.begin_step(index, progress)
        views = self._rendered()
        mesh = PublicMesh(views["random"].mesh) if views["random"].mesh is not None else None
        total = torch.zeros((), device=standing.runtime.device)
        for weighted in standing.phase.losses:
            view = views[_view_of(weighted, standing)]
            total = total + _weight(weighted, progress) * self._loss(weighted.loss, view, mesh, progress)
        total.backward()
        standing.updater.step(progress, STILL)

    def _rendered(self) -> Mapping[ViewName, View]:
        standing, asked = self._standing, cast(dict[ViewName, frozenset[Channel]], {})
        for weighted in standing.phase.losses:
            name = _view_of(weighted, standing)
            asked[name] = asked.get(name, frozenset()) | weighted.loss.channels(standing.phase.guide)
        cameras = standing.cameras()
        return {name: standing.scene.render(cameras[name], channels) for name, channels in asked.items()}

    def _loss(self, loss: Loss, view: View, mesh: PublicMesh | None, progress: float) -> Float[Tensor, ""]:
        guide = self._standing.phase.guide
        match loss:
            case SDS():
                prior = self._networks.planar if loss.prior == "planar" else self._networks.stereo
                return prior.sds(loss, view.image(loss.signal or guide), view.cameras, progress)
            case CDS():
                return self._networks.planar.cds(loss, view.image(guide), view.cameras, progress, self._fixed)
            case ModalitySimilarity():
                return self._similarity(loss, view)
            case NormalConsistency() if mesh is not None:
                return mesh.normal_consistency()
            case LaplacianSmoothness() if mesh is not None:
                return mesh.laplacian()
            case _:
                return self._plain[loss.name](view, progress)

    def _similarity(self, spec: ModalitySimilarity, view: View) -> Float[Tensor, ""]:
        """Text2Mesh's way: one augmented picture after the other through CLIP."""
        assert view.alpha is not None, "the similarity loss asks for alpha"
        image, alpha, size = (
            view.image(self._standing.phase.guide),
            view.alpha.detach(),
            self._networks.vision.input_size,
        )
        loss = -self._cosine(image)
        for _ in range(spec.global_count):
            loss = loss - self._turned(spec, interpolate(image, (size, size), mode="bilinear", antialias=True))
        for _ in range(spec.local_count):
            crop = random_crop(image, alpha, spec.local_area, spec.local_foreground, size, self._generator)
            loss = loss - self._turned(spec, crop) / spec.local_count
        return loss

    def _turned(self, spec: ModalitySimilarity, image: Float[Tensor, "B 3 S S"]) -> Float[Tensor, ""]:
        background = 1.0 if self._standing.phase.guide == "rgb" else 0.0
        return self._cosine(random_perspective(image, spec.perspective, spec.distortion, background, self._generator))

    def _cosine(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, ""]:
        return cosine_similarity(self._networks.vision.embed_image(image), self._embedding, dim=-1).mean()


def _view_of(weighted: Weighted, standing: StandingPhase) -> ViewName:
    return "random" if weighted.loss.view == "stereo" and standing.phase.stereo is None else weighted.loss.view


def _weight(weighted: Weighted, progress: float) -> float:
    return weighted.weight.start if isinstance(weighted.weight, Balanced) else value_at(weighted.weight, progress)
