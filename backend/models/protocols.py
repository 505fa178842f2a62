"""The three views the generator has of any pretrained network, and the data that crosses them.

Symbols: C_m embedding | x_r reference_image | m reference_mask | D_phi denoise | sigma noise level | z latents
The protocols are checkable at run time so that tests can have shapes and types checked while they run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from .schedule import NoiseSchedule

Signal = Literal["rgb", "normal"]
"""What an image shows: colours on white, or world-space normals mapped to [0, 1] on black."""


@runtime_checkable
class Viewpoints(Protocol):
    """Where a batch of images is seen from; the generator's CameraBatch is one. Radians and world units."""

    @property
    def elevation(self) -> Float[Tensor, "B"]: ...
    @property
    def azimuth(self) -> Float[Tensor, "B"]: ...
    @property
    def distance(self) -> Float[Tensor, "B"]: ...
    @property
    def fov_y(self) -> Float[Tensor, "B"]: ...


@dataclass(frozen=True)
class Condition:
    """What the whole run is conditioned on (paper Sec. IV-A).

    embedding: C_m, a unit vector [1, E].  text: the words, where the prompt has any (cross-attention of SD 2.1).
    reference_image: x_r [1, 3, H, W] on white; reference_mask: m [1, 1, H, W] in {0, 1}; reference_view: its camera.
    The three reference fields are None together, when no acceptable reference view could be made.
    negative: words for what to avoid; negative_embedding: their unit vector [1, E], None where there are none.
    """

    embedding: Float[Tensor, "1 E"]
    text: str = ""
    negative: str = ""
    reference_image: Float[Tensor, "1 3 H W"] | None = None
    reference_mask: Float[Tensor, "1 1 H W"] | None = None
    reference_view: Viewpoints | None = None
    negative_embedding: Float[Tensor, "1 E"] | None = None


@runtime_checkable
class PreparedCondition(Protocol):
    """A condition in one network's own terms (class labels, hidden states, concat latents); opaque to the generator."""


PreparedT = TypeVar("PreparedT")


@runtime_checkable
class Movable(Protocol):
    """Networks that can wait in main memory."""

    def move(self, device: torch.device) -> None:
        """Put the networks there; conditions that were prepared stay where they are."""
        ...


@runtime_checkable
class DiffusionPrior(Movable, Protocol[PreparedT]):
    """A diffusion model as one denoiser D(z; sigma, c); guidance and eps/v conversion live behind it, once.

    PreparedT is the network's own kind of prepared condition: what its ``prepare`` returns, its ``denoise`` takes.
    Latents follow z_noisy = z + sigma * eps (variance exploding form); ``schedule`` lists the sigmas the network knows.
    """

    @property
    def schedule(self) -> NoiseSchedule: ...
    @property
    def image_size(self) -> int:
        """Pixels a side of the images the network is trained on."""
        ...

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """C, h, w."""
        ...

    def prepare(self, condition: Condition, signal: Signal = "rgb") -> PreparedT:
        """Compute everything that stays constant during a phase."""
        ...

    def encode(self, image: Float[Tensor, "B 3 H W"], rng: Generator | None = None) -> Float[Tensor, "B C h w"]:
        """Image in [0, 1], any size (resized to image_size) -> scaled latents. Differentiable.

        rng: draws a sample of the autoencoder's posterior, as guidance wants; without it, the posterior's mode.
        """
        ...

    def decode(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 3 H W"]:
        """Scaled latents -> image in [0, 1] at image_size."""
        ...

    def denoise(
        self,
        noisy: Float[Tensor, "B C h w"],
        sigma: Float[Tensor, "B"],
        condition: PreparedT,
        cameras: Viewpoints,
        guidance_scale: float,
    ) -> Float[Tensor, "B C h w"]:
        """The clean estimate, with classifier-free guidance eps_u + S (eps_c - eps_u); S = 1 skips the second pass.

        Never differentiable: score distillation leaves the network's Jacobian out (DreamFusion, Eq. 3).
        """
        ...


@runtime_checkable
class ImageEncoder(Movable, Protocol):
    """E(x): images into the joint space. Differentiable with respect to the image."""

    @property
    def input_size(self) -> int:
        """Pixels a side of the images the network sees."""
        ...

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unit vectors."""
        ...


@runtime_checkable
class JointEncoder(ImageEncoder, Protocol):
    """One space for text, images and sounds (the role of ImageBind)."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Of "text", "image", "audio"."""
        ...

    def embed_text(self, texts: Sequence[str]) -> Float[Tensor, "B E"]:
        """Unit vectors. Raises ValueError for a text without any known word."""
        ...

    def embed_audio(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """A mono waveform in [-1, 1] -> unit vector. Raises ValueError where ``modalities`` lacks "audio"."""
        ...

    def release(self) -> None:
        """Move what only prompts need to the host's memory, until the next prompt."""
        ...

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` this encoder was never taught; empty for an open vocabulary."""
        ...
