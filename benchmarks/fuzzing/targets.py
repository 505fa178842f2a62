"""What is fed with damaged input, each with what it may do with it: take it, or refuse it in its own way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Generic, Literal, TypeVar

from any_to_3d.backend.media import MediaRefused, decode_picture, decode_sound
from any_to_3d.backend.serving import build_check
from any_to_3d.backend.submit_check import SubmitCheck
from any_to_3d.shared.messages import Submit
from any_to_3d.shared.wire import ProtocolError, decode, encode

from .mutations import Frames, damaged_bytes, damaged_frames
from .seeds import message_seeds, picture_seeds, sound_seeds

Name = Literal["wire", "pictures", "sounds"]
_Input = TypeVar("_Input", Frames, bytes)


@dataclass(frozen=True)
class Target(Generic[_Input]):
    """``feed`` may raise ``refusal``, and nothing else.  damage: of one seed, with pieces of the others."""

    feed: Callable[[_Input], object]
    refusal: type[Exception]
    seeds: Sequence[_Input]
    damage: Callable[[_Input, Sequence[_Input], Random], _Input]

    def case(self, random: Random) -> _Input:
        """The next damaged input."""
        return self.damage(random.choice(self.seeds), self.seeds, random)


def read_request(frames: Frames) -> object:
    """What the server does with the frames before they become a job: decode them, check a Submit, write it again."""
    message = decode(frames)
    if isinstance(message, Submit):
        _check()(message)
    try:
        return encode(message)
    except ProtocolError as error:
        # What was accepted goes to the disk as it came, so this is no refusal.
        raise AssertionError("a message can be read and not written") from error


@cache
def _check() -> SubmitCheck:
    return build_check("builtin")


def wire() -> Target[Frames]:
    return Target(read_request, ProtocolError, message_seeds(400), damaged_frames)


def pictures() -> Target[bytes]:
    return Target(decode_picture, MediaRefused, picture_seeds(), damaged_bytes)


def sounds() -> Target[bytes]:
    return Target(decode_sound, MediaRefused, sound_seeds(), damaged_bytes)


TARGETS: dict[Name, Callable[[], Target]] = {"wire": wire, "pictures": pictures, "sounds": sounds}
