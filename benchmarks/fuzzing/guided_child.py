"""The process that libFuzzer runs in. It imports what is measured inside ``instrument_imports``, and nothing before."""

import sys

import atheris

with atheris.instrument_imports(include=["any_to_3d.shared", "msgpack"]):
    from any_to_3d.shared.wire import ProtocolError, decode, encode


def split(data: bytes) -> list[bytes]:
    """The frames of a string of bytes, each after its length; of a damaged one, what there is."""
    frames = []
    while len(data) >= 4:
        size = int.from_bytes(data[:4], "little")
        frames.append(data[4 : 4 + size])
        data = data[4 + size :]
    return frames


def read(data: bytes) -> None:
    """What may be refused, and otherwise must be taken and be written again."""
    try:
        message = decode(split(data))
    except ProtocolError:
        return
    encode(message)


def main() -> None:
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
