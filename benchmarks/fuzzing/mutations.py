"""Damage done to bytes, to the frames of a message, and to what its header says; the same seed does the same damage."""

from collections.abc import Callable, Sequence
from random import Random

import msgpack

Frames = list[bytes]

NUMBERS = (0, 1, 2, 127, 128, 255, 256, 4095, 4096, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
WORDS = ("", "0", "\0", "\n", "é" * 40, "𝄞", "a" * 5000, "../../etc/passwd", "%s%n", "1.4", "9.9", "nan", "Submit")
MOST_BYTES = 2**20


def damaged_bytes(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to four changes of a file; ``others`` lend pieces."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        random.choice(_BYTE_CHANGES)(changed, others, random)
    return bytes(changed[:MOST_BYTES])


def damaged_frames(frames: Frames, others: Sequence[Frames], random: Random) -> Frames:
    """Frames of a message after one to three changes of header, frames or bytes."""
    changed = list(frames)
    for _ in range(random.randint(1, 3)):
        changed = random.choice(_FRAME_CHANGES)(changed, others, random)
    return changed


def _flip(data: bytearray, _: Sequence[bytes], random: Random) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _replace(data: bytearray, _: Sequence[bytes], random: Random) -> None:
    if data:
        start = random.randrange(len(data))
        data[start : start + random.randint(1, 8)] = random.randbytes(random.randint(0, 8))


def _write_number(data: bytearray, _: Sequence[bytes], random: Random) -> None:
    if data:
        size = random.choice((1, 2, 4, 8))
        start = random.randrange(len(data))
        order = random.choice(("little", "big"))
        number = random.choice(NUMBERS) % 2 ** (8 * size)
        data[start : start + size] = number.to_bytes(size, order)


def _cut(data: bytearray, _: Sequence[bytes], random: Random) -> None:
    del data[random.randint(0, len(data)) :]


def _drop(data: bytearray, _: Sequence[bytes], random: Random) -> None:
    start = random.randint(0, len(data))
    del data[start : start + random.randint(1, 64)]


def _repeat(data: bytearray, _: Sequence[bytes], random: Random) -> None:
    start = random.randint(0, len(data))
    piece = bytes(data[start : start + random.randint(1, 64)])
    data[start:start] = piece * random.choice((1, 2, 50))


def _splice(data: bytearray, others: Sequence[bytes], random: Random) -> None:
    other = random.choice(others)
    start = random.randint(0, len(other))
    place = random.randint(0, len(data))
    data[place : place + random.randint(0, 64)] = other[start : start + random.randint(1, 256)]


_BYTE_CHANGES: tuple[Callable[[bytearray, Sequence[bytes], Random], None], ...] = (
    _flip,
    _flip,
    _replace,
    _write_number,
    _write_number,
    _cut,
    _drop,
    _repeat,
    _splice,
)


def _damage_a_frame(frames: Frames, others: Sequence[Frames], random: Random) -> Frames:
    if not frames:
        return [b""]
    number = random.randrange(len(frames))
    lenders = [frame for frame in random.choice(others) if frame] or [b"\0"]
    return [*frames[:number], damaged_bytes(frames[number], lenders, random), *frames[number + 1 :]]


def _lose_a_frame(frames: Frames, _: Sequence[Frames], random: Random) -> Frames:
    number = random.randrange(len(frames)) if frames else 0
    return frames[:number] + frames[number + 1 :]


def _add_frames(frames: Frames, others: Sequence[Frames], random: Random) -> Frames:
    number = random.randint(0, len(frames))
    return frames[:number] + random.choice(others) * random.choice((1, 1, 1, 30)) + frames[number:]


def _shuffle(frames: Frames, _: Sequence[Frames], random: Random) -> Frames:
    return random.sample(frames, len(frames))


def _change_the_header(frames: Frames, _: Sequence[Frames], random: Random) -> Frames:
    """Well-formed msgpack of another meaning, which random bytes would hardly ever be."""
    try:
        header = msgpack.unpackb(frames[0], strict_map_key=False)
        return [msgpack.packb(_changed(header, random)), *frames[1:]]
    except (IndexError, ValueError, TypeError, OverflowError, msgpack.UnpackException):
        return frames


_FRAME_CHANGES: tuple[Callable[[Frames, Sequence[Frames], Random], Frames], ...] = (
    _damage_a_frame,
    _damage_a_frame,
    _lose_a_frame,
    _add_frames,
    _shuffle,
    _change_the_header,
    _change_the_header,
    _change_the_header,
)


def _changed(value: object, random: Random) -> object:
    """The value with one place in it exchanged."""
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        return [*value[:place], _changed(value[place], random), *value[place + 1 :]]
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: entry for name, entry in value.items() if name != key}
        return {**value, key: _changed(value[key], random)}
    return _anything(random)


def _anything(random: Random) -> object:
    kind = random.randrange(9)
    if kind == 0:
        return random.choice(WORDS)
    if kind == 1:
        return random.choice(NUMBERS) * random.choice((1, -1))
    if kind == 2:
        return random.choice((float("nan"), float("inf"), -0.0, 1e308, 0.5))
    if kind == 3:
        return random.choice((None, True, False))
    if kind == 4:
        return random.randbytes(random.randint(0, 20))
    if kind == 5:
        return [_anything(random) for _ in range(random.randint(0, 4))]
    if kind == 6:
        return {random.choice(WORDS): _anything(random) for _ in range(random.randint(0, 3))}
    if kind == 7:
        return [random.randint(0, 3), random.choice(("<f4", "<i4", "|u1", ">f8", "O")), [random.choice(NUMBERS), 3]]
    return _nested(random.choice((3, 200, 900)))


def _nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value
