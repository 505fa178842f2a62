"""Pictures that teach class without colour, or colour without class, and never show a pair that is held out.

An image tower that only ever sees captioned pictures learns the pairs: it named 94 % of the seen ones and 69 % of the
held-out ones. Here classes appear in colours that no caption names, and colours on shapes that have no class.
"""

from functools import cache
from itertools import permutations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..holdout import is_held_out
from ..palette import COLOURS
from ..spec import PropSpec
from .augment import soft_noise
from .running.chance import Chance

CHANNEL_ORDERS = tuple(permutations(range(3)))


def nearest_colour(rgb: tuple[float, float, float]) -> str:
    """The word of the closed world for an sRGB."""
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], rgb, strict=True)))


@cache
def allowed_orders(prop_class: str, colours: tuple[str, ...]) -> tuple[int, ...]:
    """Numbers of the CHANNEL_ORDERS that give this class no colour that is held out for it; the first always is one."""
    kept = []
    for number, order in enumerate(CHANNEL_ORDERS):
        seen = []
        for colour in colours:
            rgb = COLOURS[colour]
            seen.append(nearest_colour((rgb[order[0]], rgb[order[1]], rgb[order[2]])))
        if number == 0 or not any(is_held_out(prop_class, colour) for colour in seen):
            kept.append(number)
    return tuple(kept)


class Recolouring:
    """Swaps the colour channels of pictures of known props, within what ``allowed_orders`` allows."""

    def __init__(self, specs: tuple[PropSpec, ...], device: torch.device) -> None:
        table = torch.zeros(len(specs), len(CHANNEL_ORDERS), dtype=torch.long)
        for row, spec in enumerate(specs):
            orders = allowed_orders(spec.prop_class, colours_of(spec))
            table[row] = torch.tensor([orders[number % len(orders)] for number in range(len(CHANNEL_ORDERS))])
        self._table = table.to(device)
        self._orders = torch.tensor(CHANNEL_ORDERS, device=device)

    def of(self, rgb: Float[Tensor, "B 3 H W"], objects: Int[Tensor, "B"], chance: Chance) -> Float[Tensor, "B 3 H W"]:
        """The pictures of these objects, each in an order of its own."""
        number = self._table[objects, chance.integers(len(CHANNEL_ORDERS), len(objects))]
        return rgb.gather(1, self._orders[number][:, :, None, None].expand_as(rgb))


def colours_of(spec: PropSpec) -> tuple[str, ...]:
    """The named colours that a prop shows."""
    return (spec.colour,) if spec.second_colour is None else (spec.colour, spec.second_colour)


def foreign_shapes(
    colours: Int[Tensor, "B"], size: int, chance: Chance
) -> tuple[Float[Tensor, "B 3 S S"], Float[Tensor, "B 1 S S"]]:
    """Blobs that belong to no class, in the palette's colours (by number) under uneven light; on white, and alpha."""
    palette = torch.tensor(list(COLOURS.values()), device=colours.device)
    count = len(colours)
    near_middle = 1.0 - soft_disc(size, colours.device)
    field = soft_noise(count, size, chance) - chance.between(0.3, 0.7, count, 1, 1, 1) * near_middle
    alpha = (12.0 * (field - 0.1)).clamp(0.0, 1.0)
    shade = 0.62 + 0.38 * soft_noise(count, size, chance)
    return palette[colours][:, :, None, None] * shade * alpha + 1.0 - alpha, alpha


def soft_disc(size: int, device: torch.device) -> Float[Tensor, "1 1 S S"]:
    """1 in the middle, falling to 0 at the edges."""
    axis = torch.linspace(-1.0, 1.0, size, device=device)
    return (1.0 - (axis[:, None] ** 2 + axis[None] ** 2)).clamp(0.0)[None, None]
