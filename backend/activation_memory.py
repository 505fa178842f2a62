"""How many bytes a step allocates beside the weights, as formulas in pixels, pictures and points.

The constants were counted: benchmarks/activation_memory.py runs the published networks on fake tensors, which have
shapes and no values, and the scenes on a CPU, and adds up what lives at the same time. They are proportional to what
they are multiplied by because frozen networks keep their activations only, and torch's fused attention keeps no matrix
of logits. Tests count again and compare.
"""

from dataclasses import dataclass

from .generator.losses.modality_similarity import ModalitySimilarity
from .generator.losses.score_distillation import CDS, SDS
from .generator.losses.term import Loss
from .generator.rendering.view import Channel
from .generator.representations.dmtet import DMTet
from .generator.representations.field import FieldConfig
from .generator.representations.fixed_mesh import FixedMesh
from .generator.representations.nerf import NeRF
from .kernels.hash_grid import grid_levels
from .network_weights import LATENT_PIXELS

FLOAT = 4
"""Bytes of a float32, in which scenes and pictures are."""

ENCODED_PIXEL = 3037
"""Numbers the autoencoder keeps for each pixel that a gradient will go back to."""

PASSED_PIXEL = 219
"""Of them, those that pass from block to block, which is all it keeps if it computes the others twice."""

RECOMPUTED_PIXEL = 1955
"""Numbers alive at once while it does, in the backward pass of its largest block."""

DECODED_PIXEL = 768
"""Numbers alive at once while a pixel is decoded without gradients."""

DENOISED_LATENT = 8340
"""Numbers alive at once for each latent of each row (guidance has two rows a picture) in a U-Net of either prior."""

EMBEDDED_PICTURE = 109e6
"""Numbers ViT-H keeps for each 224-pixel picture that a gradient will go back to."""

COMPARED_PICTURE = 4.1e6
"""Numbers alive at once while ViT-H embeds a picture without gradients."""

INSIDE = 0.67
"""Share of the ray samples inside the object's ball, for the reference camera; before occupancy is known, all count."""

SEEN = 0.4
"""Share of those that have weight enough for colour and normals in the field's first soft ball; surfaces have less."""

NORMAL_EVALUATIONS = 4
"""Densities for a normal by forward differences."""

OVERHEAD_OF_A_POINT = 60
"""Bytes for positions, indices and weights of a point, beside its code and hidden layers."""

BACKWARD_SHARE = 0.4
"""Of what a view keeps, what its backward pass allocates for a while."""

DRAWN_PIXEL = 550
"""Bytes a view of a mesh keeps and allocates for each pixel, its colours' field included."""

DRAWN_FACE = 400
"""Likewise for each face."""

FACES_OF_LATTICE = 14
"""Faces of a surface that fills a lattice of resolution R, in units of R^2."""

LATTICE_VERTEX = 70
"""Bytes of each lattice vertex where the geometry rests: its place, its signed distance, marching over it."""

MOVING_VERTEX = 130
"""Bytes more where it moves: gradients, Adan's four averages, and the copy that the guard goes back to."""

FIELD_COPIES = 6
"""Of a field that learns: itself, Adam's two averages, its gradients, those on their way there, and those repaired."""


@dataclass(frozen=True)
class Shown:
    """What a loss shows its network: pictures together, pixels a side, and bytes of the numbers it computes in.

    number: of U-Nets and towers; autoencoder_number: of the autoencoder.  recompute: as of Economy.
    """

    pictures: int
    size: int
    number: int
    autoencoder_number: int
    recompute: bool = False

    @property
    def pixels(self) -> int:
        return self.pictures * self.size**2


def bytes_of_loss(loss: Loss, shown: Shown) -> float:
    """The most that is alive at once between a loss's call and its gradient, without network weights."""
    match loss:
        case SDS():
            decoded = bytes_of_decoding(shown) if loss.image_weight else 0.0
            return _around_encoding(shown, max(bytes_of_denoising(shown), decoded))
        case CDS():
            return _around_encoding(shown, bytes_of_denoising(shown))
        case ModalitySimilarity():
            # The branches are one sum, whose gradient is taken at its end: all of them wait for it.
            passes = 1 + loss.global_count + loss.local_count
            return passes * bytes_of_embedding(shown)
        case _:
            return 0.0


def bytes_of_encoding(shown: Shown) -> float:
    """And of its gradient."""
    return _around_encoding(shown, 0.0)


def bytes_of_embedding(shown: Shown) -> float:
    """And of its gradient."""
    return shown.number * EMBEDDED_PICTURE * shown.pictures


def _around_encoding(shown: Shown, meanwhile: float) -> float:
    """What encoding keeps, beside what is done until its backward pass, or that pass itself."""
    pixel = shown.autoencoder_number * shown.pixels
    if shown.recompute:
        return max(PASSED_PIXEL * pixel + meanwhile, RECOMPUTED_PIXEL * pixel)
    return ENCODED_PIXEL * pixel + meanwhile


def bytes_of_denoising(shown: Shown) -> float:
    """Guided, without gradients."""
    return shown.number * DENOISED_LATENT * 2 * shown.pixels / LATENT_PIXELS**2


def bytes_of_decoding(shown: Shown) -> float:
    """Without gradients."""
    return shown.autoencoder_number * DECODED_PIXEL * shown.pixels


def bytes_of_comparing(shown: Shown) -> float:
    """Embedding finished pictures."""
    return shown.number * COMPARED_PICTURE * shown.pictures


def bytes_of_view(start: NeRF | DMTet | FixedMesh, pictures: int, size: int, channels: frozenset[Channel]) -> float:
    """What a view of the scene keeps until its backward pass."""
    if isinstance(start, NeRF):
        inside = INSIDE * pictures * size**2 * start.march.samples
        return inside * (1 + SEEN * _evaluations_of_seen(channels)) * _bytes_of_point(start.field)
    faces = start.face_count if isinstance(start, FixedMesh) else FACES_OF_LATTICE * start.grid.resolution**2
    return pictures * (DRAWN_PIXEL * size**2 + DRAWN_FACE * faces)


def bytes_of_backward(start: NeRF | DMTet | FixedMesh, largest_view: float) -> float:
    """What going back through the renderer allocates beside the views, the largest of which keeps this much."""
    return BACKWARD_SHARE * largest_view if isinstance(start, NeRF) else 0.0


def bytes_of_scene(start: NeRF | DMTet | FixedMesh) -> float:
    """The parameters with their gradients and moving averages, and the lattice."""
    copies = FIELD_COPIES if "grid" in start.trains else 1
    field = copies * FLOAT * _numbers_of_field(start.field)
    if isinstance(start, NeRF):
        return field
    if isinstance(start, FixedMesh):
        kept = FLOAT * _numbers_of_field(start.field) if start.remembers else 0
        return field + kept + 3 * FLOAT * (start.vertex_count + 2 * start.face_count)
    vertex = LATTICE_VERTEX + (MOVING_VERTEX if "geometry" in start.trains else 0)
    return field + vertex * (start.grid.resolution + 1) ** 3


def bytes_of_conversion(start: DMTet) -> float:
    """Asking the field for its density at every vertex of the lattice, without gradients."""
    return _bytes_of_point(start.field) * (start.grid.resolution + 1) ** 3


def _evaluations_of_seen(channels: frozenset[Channel]) -> int:
    """Of a field's network, for a sample that shows: its colour, and the densities for its normal."""
    return 1 + (NORMAL_EVALUATIONS if "normal" in channels else 0)


def _bytes_of_point(field: FieldConfig) -> float:
    code = field.grid.levels * field.grid.features
    return FLOAT * (code + field.hidden_layers * field.hidden) + OVERHEAD_OF_A_POINT


def _numbers_of_field(field: FieldConfig) -> int:
    last = grid_levels(field.grid)[-1]
    return field.grid.features * (last.offset + last.entries)
