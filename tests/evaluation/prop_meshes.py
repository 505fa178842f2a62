"""Props as finished meshes, and an encoder that knows colours only: perfect results to hold the scores against."""

import numpy as np
import torch
import torch.nn.functional as F
from any_to_3d.backend.evaluation.judges import Judge
from any_to_3d.backend.finishing.unwrap import grid_atlas
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.spec import canonical
from any_to_3d.shared.mesh import TexturedMesh


def prop_mesh(prop_class: str, colour: str) -> TexturedMesh:
    """The canonical prop with one texture cell for every face."""
    prop = build(canonical(prop_class, colour))
    size = 1024
    atlas = grid_atlas(len(prop.faces), size)
    side = int(np.ceil(np.sqrt((len(prop.faces) + 1) // 2)))
    rows, columns = np.mgrid[0:size, 0:size]
    u, v = (columns + 0.5) / size * side, (1 - (rows + 0.5) / size) * side
    cell = np.floor(v).astype(int) * side + np.floor(u).astype(int)
    face = 2 * cell + ((u % 1 + v % 1) > 1)
    colours = prop.surface.colours[face.clip(0, len(prop.faces) - 1)]
    albedo = (colours * 255 + 0.5).astype(np.uint8)
    return TexturedMesh(prop.vertices, prop.faces, atlas.uvs, atlas.uv_faces, albedo)


GREY = (0.5, 0.5, 0.5)
"""Of a text without colour."""


class ColourEncoder:
    """Embeds a picture as its mean colour off the white background, and a prompt as the colour it names."""

    input_size = 64
    modalities: tuple[str, ...] = ("text", "image")

    def move(self, device: torch.device) -> None:
        pass

    def embed_image(self, image: torch.Tensor) -> torch.Tensor:
        inside = (image.min(dim=1, keepdim=True).values < 0.98).float()
        mean = (image * inside).sum(dim=(2, 3)) / inside.sum(dim=(2, 3)).clamp_min(1)
        return F.normalize(mean - 0.4, dim=1)

    def embed_text(self, texts: list[str]) -> torch.Tensor:
        named = [next((rgb for word, rgb in COLOURS.items() if word in text.split()), GREY) for text in texts]
        return F.normalize(torch.tensor(named) - 0.4, dim=1)

    def release(self) -> None:
        pass

    def embed_audio(self, waveform: torch.Tensor, sample_rate: int) -> torch.Tensor:
        raise ValueError("colours make no sound")

    def unknown_words(self, text: str) -> tuple[str, ...]:
        return ()


def colour_judge(name: str = "colours") -> Judge:
    """Who tells things apart by their colour alone."""
    return Judge(name, ColourEncoder(), ColourEncoder(), torch.device("cpu"))
