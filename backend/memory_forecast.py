"""The memory a job will need on its device, moment by moment, before any of it is loaded.

Losses hand their gradients to leaves one after the other (generator.terms), so a step needs its largest loss and not
their sum; all views of the step wait for their common backward pass (generator.rendering.views), so those do add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .activation_memory import (
    Shown,
    bytes_of_backward,
    bytes_of_comparing,
    bytes_of_conversion,
    bytes_of_decoding,
    bytes_of_denoising,
    bytes_of_loss,
    bytes_of_scene,
    bytes_of_view,
)
from .generator.economy import Economy
from .generator.losses.modality_similarity import ModalitySimilarity
from .generator.losses.score_distillation import CDS, SDS
from .generator.losses.term import Loss, ViewName
from .generator.recipe import Phase, Recipe
from .generator.rendering.view import Channel
from .generator.representations.dmtet import DMTet
from .generator.representations.nerf import NeRF
from .network_weights import NetworkWeights

GIB = 2**30
FRAGMENTATION = 0.1
"""Of everything that comes and goes, what the allocator cannot hand out again."""

WORKSPACE = GIB // 4
"""For cuBLAS and cuDNN, which ask the allocator for scratch memory by the shape of a product or convolution."""

CONTEXT = GIB // 2
"""CUDA's own, outside the allocator: the driver's context and the loaded kernels."""

DESKTOP = GIB // 2
"""On a card that also shows Blender."""

CARDS = (6, 8, 10, 12, 16, 20, 24, 32, 48, 80)
"""GiB of the cards that are sold."""


@dataclass(frozen=True)
class Moment:
    """A time of a job: bytes of the network weights on the device then, and of all else."""

    what: str
    weights: float
    rest: float

    @property
    def needed(self) -> float:
        """With what the allocator wastes."""
        return self.weights + (1 + FRAGMENTATION) * self.rest + WORKSPACE


@dataclass(frozen=True)
class Forecast:
    """A job's largest moments: of stage 0, and of each phase."""

    moments: tuple[Moment, ...]

    @property
    def peak(self) -> Moment:
        return max(self.moments, key=lambda moment: moment.needed)

    @property
    def needed(self) -> float:
        """Bytes that the job's process asks of the device, CUDA's context left out."""
        return self.peak.needed

    @property
    def card(self) -> int | None:
        """GiB of the smallest card that holds it beside CUDA's context and a desktop, None where none is sold."""
        whole = self.needed + CONTEXT + DESKTOP
        return next((size for size in CARDS if whole <= size * GIB), None)


def forecast(recipe: Recipe, networks: NetworkWeights, economy: Economy) -> Forecast:
    """The memory of a recipe under an economy."""
    # Networks are put on the device as they are loaded, and only then to where an economy wants them.
    found = [Moment("loading the networks", networks.loading, 0.0), *_stage_zero(recipe, networks, economy)]
    for number, phase in enumerate(recipe.phases):
        found += _of_phase(phase, networks, economy, None if number == 0 else recipe.phases[number - 1])
    return Forecast(tuple(found))


def _stage_zero(recipe: Recipe, networks: NetworkWeights, economy: Economy) -> Iterator[Moment]:
    count = recipe.reference.candidates
    together = count if economy.images_at_once is None else min(economy.images_at_once, count)
    size = min(economy.largest_image or networks.planar_size, networks.planar_size)
    shown = Shown(together, size, networks.number, networks.autoencoder_number)
    yield Moment("reading the prompt", _at_hand(networks.vision, networks, economy) + networks.readers, 0.0)
    painting = max(bytes_of_denoising(shown), bytes_of_decoding(shown))
    planar = networks.planar + networks.planar_reader
    yield Moment("painting the reference view", _at_hand(planar, networks, economy), painting)
    comparing = bytes_of_comparing(replace(shown, pictures=count))
    yield Moment("choosing the reference view", _at_hand(networks.vision, networks, economy), comparing)


def _of_phase(phase: Phase, networks: NetworkWeights, economy: Economy, before: Phase | None) -> Iterator[Moment]:
    scene = bytes_of_scene(phase.start)
    reader = max(networks.planar + networks.planar_reader, networks.stereo + networks.stereo_reader)
    if not economy.offload:
        reader = networks.seeing + max(networks.planar_reader, networks.stereo_reader)
    yield Moment(f"{phase.name}, reading the condition", reader, scene)
    idle = _at_hand(0, networks, economy)
    if before is not None and isinstance(before.start, NeRF) and isinstance(phase.start, DMTet):
        both = scene + bytes_of_scene(before.start)
        yield Moment(f"{phase.name}, taking the surface", idle, both + bytes_of_conversion(phase.start))
    asked = _channels(phase)
    views: dict[ViewName, float] = {}
    for weighted in phase.losses:
        name = _view_of(phase, weighted.loss)
        pictures = 1 if name == "reference" else phase.batch
        views[name] = bytes_of_view(phase.start, pictures, phase.size, asked[name])
        weights, shown = _asked_of(weighted.loss, phase, networks, economy)
        rest = scene + sum(views.values()) + bytes_of_loss(weighted.loss, shown)
        yield Moment(f"{phase.name}, {weighted.loss.name}", _at_hand(weights, networks, economy), rest)
    backward = bytes_of_backward(phase.start, max(views.values()))
    yield Moment(f"{phase.name}, backward pass", idle, scene + sum(views.values()) + backward)


def _at_hand(weights: int, networks: NetworkWeights, economy: Economy) -> int:
    """Bytes of the weights on the device while one network is asked."""
    return weights if economy.offload else networks.seeing


def _asked_of(loss: Loss, phase: Phase, networks: NetworkWeights, economy: Economy) -> tuple[int, Shown]:
    """Bytes of the network that a loss asks, and what it is shown at a time.

    A prior that has waited in main memory comes with what it reads conditions by, which otherwise stays there.
    """
    count = phase.batch if economy.images_at_once is None else min(economy.images_at_once, phase.batch)
    shown = Shown(count, networks.stereo_size, networks.number, networks.autoencoder_number, economy.recompute)
    if isinstance(loss, SDS | CDS):
        if loss.prior == "stereo":
            return networks.stereo + networks.stereo_reader, shown
        sizes = (networks.planar_size, phase.planar_size, economy.largest_image)
        size = min(size for size in sizes if size is not None)
        return networks.planar + networks.planar_reader, replace(shown, size=size)
    return networks.vision if isinstance(loss, ModalitySimilarity) else 0, shown


def _channels(phase: Phase) -> dict[ViewName, frozenset[Channel]]:
    asked: dict[ViewName, frozenset[Channel]] = {}
    for weighted in phase.losses:
        name = _view_of(phase, weighted.loss)
        asked[name] = asked.get(name, frozenset()) | weighted.loss.channels(phase.guide)
    return asked


def _view_of(phase: Phase, loss: Loss) -> ViewName:
    """Where the 3D-aware prior has no camera of its own, it shares the random views."""
    return "random" if loss.view == "stereo" and phase.stereo is None else loss.view
