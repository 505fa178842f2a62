"""What each preset of profile full needs, before anything is loaded: doctor's lines, and what to do about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .device_memory import DeviceMemory
from .economy_choice import Choice, described, economies, least_economy
from .generator.economy import Economy
from .generator.recipe import Recipe
from .memory_forecast import GIB, forecast
from .network_weights import NetworkWeights


@dataclass(frozen=True)
class PresetMemory:
    """fits: whether the device holds it, whatever has to be given up; None without a GPU.  advice: empty if no need."""

    preset: str
    text: str
    fits: bool | None
    advice: str = ""


def preset_memories(
    presets: Mapping[str, Recipe], networks: NetworkWeights, device: DeviceMemory | None
) -> Iterator[PresetMemory]:
    """One for each preset, in their order."""
    for name, recipe in presets.items():
        found = forecast(recipe, networks, Economy())
        text = f"about {found.needed / GIB:.1f} GiB, most for {found.peak.what}; "
        if device is None:
            yield PresetMemory(name, text + _cards(recipe, networks), None)
            continue
        choice = least_economy(recipe, networks, device.available)
        text += f"of {device.total / GIB:.1f} GiB here {device.available / GIB:.1f} are free: {_outcome(choice)}"
        yield PresetMemory(name, text, choice.fits, _advice(name, choice, presets, networks, device))


def _cards(recipe: Recipe, networks: NetworkWeights) -> str:
    """The smallest card that holds everything, and the smaller ones that economies open."""
    found: list[str] = []
    smallest: int | None = None
    for economy in economies(recipe, networks):
        card = forecast(recipe, networks, economy).card
        if card is not None and (smallest is None or card < smallest):
            smallest = card
            how = described(economy)
            found.append(f"{card} GB if {how}" if how else f"{card} GB")
    return f"fits a card of {'; of '.join(found)}" if found else "fits no card there is"


def _outcome(choice: Choice) -> str:
    needed = f"{choice.forecast.needed / GIB:.1f} GiB"
    if choice.economy == Economy():
        return "it fits"
    return f"it fits in {needed} if {described(choice.economy)}" if choice.fits else f"even {needed} would be too much"


def _advice(
    name: str, choice: Choice, presets: Mapping[str, Recipe], networks: NetworkWeights, device: DeviceMemory
) -> str:
    """Which other presets give up less, and what else helps."""
    if choice.economy == Economy():
        return ""
    others = {other: least_economy(recipe, networks, device.available) for other, recipe in presets.items()}
    better = [other for other, found in others.items() if other != name and _cost(found) < _cost(choice)]
    beginning = "A job does that by itself. To give up less, close" if choice.fits else "Close"
    return f"{beginning} what else uses the card{', or choose ' + ' or '.join(better) if better else ''}."


def _cost(choice: Choice) -> tuple[bool, bool, bool, bool, bool]:
    """In order of what is worst."""
    given_up = choice.economy
    is_smaller, is_in_turn = given_up.largest_image is not None, given_up.images_at_once is not None
    return (not choice.fits, given_up.offload, is_smaller, given_up.recompute, is_in_turn)
