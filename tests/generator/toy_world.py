"""A world small enough to know: one red ball, priors that paint exactly it, an encoder that sees mean colours."""

import math

import torch
from any_to_3d.backend.generator.cameras import CameraBatch, CameraRange, single_camera
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.interface import Kernels
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.protocols import Signal, Viewpoints
from oracle import ImageTargetPrior
from torch import Tensor

BALL_RADIUS = 0.6
BALL_COLOUR = (0.8, 0.2, 0.1)
IMAGE_SIZE = 32
ORBIT = CameraRange(elevation=(-15, 45), azimuth=(-180, 180), distance=(2.5, 2.5), fov_y=(40, 40))


def paint_ball(cameras: Viewpoints, signal: Signal) -> Tensor:
    """The exact picture of the ball from every camera: its colour on white, or its normals on black."""
    orbit = CameraBatch.orbit(cameras.elevation, cameras.azimuth, cameras.distance, cameras.fov_y, IMAGE_SIZE)
    origins, directions = orbit.rays()
    middle = -(origins * directions).sum(dim=-1)
    discriminant = middle**2 - (origins**2).sum(dim=-1) + BALL_RADIUS**2
    hit = (discriminant > 0)[..., None].float()
    if signal == "normal":
        surface = origins + (middle - discriminant.clamp_min(0).sqrt())[..., None] * directions
        image = (surface / BALL_RADIUS + 1) / 2 * hit
    else:
        image = torch.tensor(BALL_COLOUR) * hit + (1 - hit)
    return image.permute(0, 3, 1, 2)


class MeanColourEncoder:
    """Embeds an image as its mean colour; a text as the ball's picture's."""

    input_size = 16
    modalities = ("text", "image", "audio")

    def move(self, device: torch.device) -> None:
        pass

    def embed_image(self, image: Tensor) -> Tensor:
        mean = image.mean(dim=(2, 3))
        return torch.nn.functional.normalize(torch.cat([mean, mean.square()], dim=1), dim=1)

    def embed_text(self, texts: list[str]) -> Tensor:
        picture = paint_ball(single_camera(IMAGE_SIZE, torch.device("cpu")), "rgb")
        return self.embed_image(picture).expand(len(texts), -1)

    def release(self) -> None:
        pass

    def embed_audio(self, waveform: Tensor, sample_rate: int) -> Tensor:
        return torch.nn.functional.normalize(torch.full((1, 6), float(waveform.mean()) + 1.0), dim=1)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        return ()


def runtime(seed: int = 0, kernels: Kernels | None = None, std: float = 0.1) -> Runtime:
    """The toy world on the CPU; the fast kernels unless others are given."""
    device = torch.device("cpu")
    prior = ImageTargetPrior(paint_ball, IMAGE_SIZE, std=std)
    encoder = MeanColourEncoder()
    chosen = kernels or select_kernels("auto", device)[0]
    return Runtime(device, chosen, prior, prior, encoder, encoder, seed)


def camera_at(
    elevation: float, azimuth: float, size: int = IMAGE_SIZE, distance: float = 2.5, fov_y: float = 40.0
) -> CameraBatch:
    """One camera, angles in degrees."""
    radians = [torch.tensor([math.radians(angle)]) for angle in (elevation, azimuth, fov_y)]
    return CameraBatch.orbit(radians[0], radians[1], torch.tensor([distance]), radians[2], size)
