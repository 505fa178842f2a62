"""The whole examination of the built-in models: every kind of prompt, the paper's recipes, the presets."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..props.sounds import SOUNDING_CLASSES
from ..props.spec import CLASSES
from .case import PicturePart, SoundPart
from .draw import draw_pictures, draw_pool, draw_prompts, draw_sounds
from .pairs import Pair, world_pairs
from .settings import Knowledge
from .studies.image import ImageStudy
from .studies.mixed import BLUE, RED, WEIGHTS, WORDS, MixedStudy
from .studies.preset import AIMS, PresetStudy
from .studies.recipe import XBIND, RecipeStudy, recipe_case
from .studies.sound import SoundStudy
from .studies.study import Study
from .studies.text import TextStudy
from .wording import sound_obstacle


@dataclass(frozen=True)
class Extent:
    """How much of everything is made, before anything is left out; half of the prompts are held out.

    preset: of all but the recipes, which have no other than standard; there steps_scale multiplies the steps.
    """

    prompts: int = 36
    pictures: int = 12
    sounds: int = 9
    heard_a_class: int = 12
    weights: tuple[float, ...] = WEIGHTS
    mixed_seeds: int = 2
    recipe_prompts: int = 6
    steps_scale: float = 1.0
    preset: str = "standard"
    presets: tuple[str, ...] = tuple(AIMS)


FULL = Extent()
QUICK = Extent(
    prompts=6,
    pictures=2,
    sounds=2,
    heard_a_class=4,
    weights=(0.0, 0.5, 1.0),
    mixed_seeds=1,
    recipe_prompts=1,
    steps_scale=0.4,
    preset="draft",
    presets=("draft",),
)
_TIMED_PROMPTS = 2


def builtin_studies(known: Knowledge, views: int, extent: Extent) -> tuple[Study, ...]:
    """All studies, without the prompts whose words are unknown; each says what it had to leave out."""
    drawn = draw_prompts()
    pool = draw_pool(drawn)
    world = world_pairs(known.unknown_words)
    text = TextStudy(
        pairs=_first(_known(drawn, known), extent.prompts),
        pool=_known(pool, known),
        views=views,
        preset=extent.preset,
        left_out=tuple(pair.text for pair in drawn if known.unknown_words(pair.text)),
        pool_left_out=len(pool) - len(_known(pool, known)),
    )
    return (
        text,
        _image_study(world, views, extent),
        _sound_study(known, world, views, extent),
        MixedStudy(extent.weights, extent.mixed_seeds, views, extent.preset, _obstacle_of_mixing(known)),
        _recipe_study(text, extent),
        PresetStudy(_first(text.pairs, _TIMED_PROMPTS), extent.presets),
    )


def _image_study(world: tuple[Pair, ...], views: int, extent: Extent) -> ImageStudy:
    drawn = draw_pictures(extent.pictures)
    pictures = tuple(part for part in drawn if _colours(part) <= set(world))
    left_out = tuple(Pair(p.spec.prop_class, p.spec.colour).text for p in drawn if p not in pictures)
    return ImageStudy(pictures, world, views, extent.preset, left_out)


def _colours(part: PicturePart) -> set[Pair]:
    spec = part.spec
    return {Pair(spec.prop_class, colour) for colour in (spec.colour, spec.second_colour) if colour is not None}


def _sound_study(known: Knowledge, world: tuple[Pair, ...], views: int, extent: Extent) -> SoundStudy:
    names = {pair.prop_class for pair in world}
    drawn = [SoundPart(prop_class, seed) for prop_class, seed in draw_sounds(len(SOUNDING_CLASSES))]
    obstacle = sound_obstacle(known.modalities)
    return SoundStudy(
        sounds=() if obstacle else tuple(part for part in drawn if part.prop_class in names)[: extent.sounds],
        sounding=tuple(name for name in SOUNDING_CLASSES if name in names),
        classes=tuple(name for name in CLASSES if name in names),
        heard_a_class=extent.heard_a_class,
        pool=world,
        views=views,
        preset=extent.preset,
        left_out=tuple(name for name in SOUNDING_CLASSES if name not in names),
        obstacle=obstacle,
    )


def _recipe_study(text: TextStudy, extent: Extent) -> RecipeStudy:
    pairs = _first(text.pairs, extent.recipe_prompts)
    own = {case.target.text: case for case in text.cases}
    shares = extent.steps_scale == 1.0 and text.preset == "standard"
    xbind = (own[pair.text] if shares else recipe_case(pair, XBIND, extent.steps_scale) for pair in pairs)
    return RecipeStudy(pairs, tuple(xbind), text.pool, text.views, extent.steps_scale)


def _obstacle_of_mixing(known: Knowledge) -> str:
    unknown = [word for text in (WORDS, RED.text, BLUE.text) for word in known.unknown_words(text)]
    return f"These models do not know {', '.join(dict.fromkeys(unknown))}." if unknown else ""


def _known(pairs: Sequence[Pair], known: Knowledge) -> tuple[Pair, ...]:
    return tuple(pair for pair in pairs if not known.unknown_words(pair.text))


def _first(pairs: Sequence[Pair], count: int) -> tuple[Pair, ...]:
    """The first ones, half of ``count`` seen and half held out as far as there are so many; of 1, the first."""
    if count == 1:
        return tuple(pairs[:1])
    seen = [pair for pair in pairs if not pair.is_held_out][: count // 2]
    held_out = [pair for pair in pairs if pair.is_held_out][: count // 2]
    return tuple(pair for pair in pairs if pair in seen or pair in held_out)
