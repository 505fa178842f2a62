"""What recordings add to a sound, done to its log-mel windows as the audio tower learns: fresh for every step."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from .running.chance import Chance

_RANGE_DB = 60.0
_DB = math.log(10.0) / 10.0


def disturbed_mels(mels: Float[Tensor, "B 1 F M"], chance: Chance) -> Float[Tensor, "B 1 F M"]:
    """Another pace, pitch, equaliser and course of loudness, a later start, a noise floor, missing pieces.

    What a recording adds that no synthesiser has; levels stay plausible.
    """
    count, _, frames, bands = mels.shape
    mels = _stretched(mels, chance)
    mels = mels + _equalisers(count, bands, chance) + _loudness_courses(count, frames, chance)
    mels = _moved(mels, chance.integers(frames // 4, count), dim=2)
    floor = mels.amax(dim=(1, 2, 3), keepdim=True) - chance.between(15.0, _RANGE_DB, count, 1, 1, 1)
    noise = floor - 4.0 * chance.uniform(count, 1, 1, bands) + 3.0 * chance.normal(*mels.shape)
    mels = torch.where(chance.happens(0.5, count, 1, 1, 1), torch.logaddexp(_DB * mels, _DB * noise) / _DB, mels)
    quiet = mels.amax(dim=(1, 2, 3), keepdim=True) - _RANGE_DB
    mels = mels.maximum(quiet)
    masked = _stripe(frames, 40, count, chance)[:, None, :, None] | _stripe(bands, 10, count, chance)[:, None, None, :]
    return torch.where(masked & chance.happens(0.6, count, 1, 1, 1), quiet.expand_as(mels), mels)


def _stretched(mels: Float[Tensor, "B 1 F M"], chance: Chance) -> Float[Tensor, "B 1 F M"]:
    """Slower or quicker by a third, higher or lower by at most four bands, about their middle; outside it is quiet.

    A mel picture whose bands are moved is nearly that of the sound played faster, without the change of pace.
    """
    count, _, _, bands = mels.shape
    matrix = mels.new_zeros(count, 2, 3)
    matrix[:, 0, 0] = torch.exp(chance.between(-0.1, 0.1, count))
    matrix[:, 0, 2] = 2.0 / bands * chance.between(-4.0, 4.0, count)
    matrix[:, 1, 1] = torch.exp(chance.between(-0.3, 0.3, count))
    quiet = mels.amin(dim=(1, 2, 3), keepdim=True)
    places = F.affine_grid(matrix, list(mels.shape), align_corners=False)
    return quiet + F.grid_sample(mels - quiet, places, align_corners=False)


def _equalisers(count: int, bands: int, chance: Chance) -> Float[Tensor, "B 1 1 M"]:
    """Decibels: a tilt, a bow, one broad peak or dip."""
    axis = torch.linspace(-1.0, 1.0, bands, device=chance.device)
    tilt, bow, level, height, centre, width = (
        chance.between(low, high, count, 1, 1, 1)
        for low, high in ((-4.0, 4.0), (-3.0, 3.0), (-4.0, 4.0), (-5.0, 5.0), (-1.0, 1.0), (0.1, 0.6))
    )
    return tilt * axis + bow * (axis.square() - 0.33) + level + height * torch.exp(-(((axis - centre) / width) ** 2))


def _loudness_courses(count: int, frames: int, chance: Chance) -> Float[Tensor, "B 1 F 1"]:
    """Decibels: a hand on the gain, or a source that moves: a drift and one slow wave."""
    time = torch.linspace(0.0, 1.0, frames, device=chance.device)[:, None]
    drift, wave, turns, start = (
        chance.between(low, high, count, 1, 1, 1) for low, high in ((-6.0, 6.0), (0.0, 3.0), (0.5, 2.5), (0.0, 1.0))
    )
    return drift * (time - 0.5) + wave * torch.sin(2.0 * math.pi * (turns * time + start))


def _moved(mels: Float[Tensor, "B 1 F M"], steps: Int[Tensor, "B"], dim: int) -> Float[Tensor, "B 1 F M"]:
    """Each row rolled along frames or bands by its own number."""
    length = mels.shape[dim]
    index = (torch.arange(length, device=mels.device) - steps[:, None]) % length
    shape = [len(mels), 1, 1, 1]
    shape[dim] = length
    return mels.gather(dim, index.reshape(shape).expand_as(mels))


def _stripe(length: int, widest: int, count: int, chance: Chance) -> Tensor:
    start, width = chance.integers(length, count, 1), chance.integers(widest, count, 1)
    place = torch.arange(length, device=start.device)
    return (place >= start) & (place < start + width)
