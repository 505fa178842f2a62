"""xatlas in a process of its own, which can be ended.

xatlas now and then waits for ever in an atlas's destructor, with Python's global lock held: its task scheduler sets a
worker's flag and notifies it without the worker's lock, and a worker that falls asleep in between is joined in vain.
Here no atlas is destroyed: the process leaves without cleaning up once its answer is written.
"""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import xatlas

CHUNK_FACES = 1000
"""xatlas is superlinear in faces. With 2500 it takes 1.5 to 1.8 times as long, uses up to 8 % more of the texture, and
cuts up to 7 % fewer vertices open."""

_PACKING_SHARE = 0.2
_TEXELS_PER_UNIT = 64.0

Charts = tuple[np.ndarray, np.ndarray]
"""uvs f32[U, 2] in [0, 1] and uv_faces i32[F, 3] into them."""


def charts_of(
    vertices: np.ndarray, faces: np.ndarray, texture_size: int, padding: int, time_limit: float
) -> Iterator[float | Charts]:
    """Yields the fraction done about every second, and last the Charts. Stop pulling, and the process is ended.

    vertices f32[V, 3], faces i32[F, 3]; texture_size and padding in texels; time_limit in seconds.
    Raises TimeoutError after the time limit, and RuntimeError with the reason if there is no atlas.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.xatlas_process", str(texture_size), str(padding)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    timer = threading.Timer(time_limit, process.kill)
    timer.start()
    try:
        for part in _conversation(process, vertices, faces):
            if not isinstance(part, float):
                process.wait()
            yield part
    except (OSError, EOFError) as error:  # Windows has no name of its own for a pipe that nobody reads.
        code = process.wait()
        if timer.finished.is_set():
            raise TimeoutError(f"it took the {time_limit:g} s allowed") from error
        raise RuntimeError(f"its process ended with code {code}") from error
    finally:
        timer.cancel()
        process.kill()
        with suppress(OSError), process:  # Closes the pipes and waits.
            pass


def _conversation(
    process: "subprocess.Popen[bytes]", vertices: np.ndarray, faces: np.ndarray
) -> Iterator[float | Charts]:
    assert process.stdin is not None
    assert process.stdout is not None
    np.savez(question := io.BytesIO(), vertices=vertices, faces=faces)
    process.stdin.write(question.getvalue())
    process.stdin.close()
    while True:
        kind, _, value = process.stdout.readline().strip().partition(b" ")
        match kind:
            case b"done":
                yield float(value)
            case b"failed":
                raise RuntimeError(value.decode())
            case b"answer":
                answer = process.stdout.read(int(value))
                if len(answer) < int(value):
                    raise EOFError
                found = _unpacked_arrays(answer)
                yield found["uvs"], found["uv_faces"]
                return
            case _:
                raise EOFError


def _unpacked_arrays(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return dict(archive)


def main() -> None:
    """The process: a mesh on stdin, lines and the atlas on stdout."""
    texture_size, padding = (int(argument) for argument in sys.argv[1:])
    mesh = _unpacked_arrays(sys.stdin.buffer.read())
    atlases: list[xatlas.Atlas] = []
    try:
        uvs, uv_faces = _unwrapped(mesh["vertices"], mesh["faces"], texture_size, padding, atlases)
    except RuntimeError as error:
        _say(b"failed " + str(error).encode())
    else:
        np.savez(answer := io.BytesIO(), uvs=uvs, uv_faces=uv_faces)
        _say(b"answer %d" % len(answer.getvalue()))
        sys.stdout.buffer.write(answer.getvalue())
    sys.stdout.flush()
    os._exit(0)


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def _unwrapped(
    vertices: np.ndarray, faces: np.ndarray, texture_size: int, padding: int, atlases: list[xatlas.Atlas]
) -> Charts:
    """``atlases`` keeps every atlas alive."""
    pieces = _split(vertices[faces].mean(axis=1), CHUNK_FACES)
    packer = xatlas.Atlas()
    atlases.append(packer)
    for number, piece in enumerate(pieces):
        packer.add_uv_mesh(*_parametrised(vertices, faces[piece], atlases))
        _say(b"done %.4f" % ((1 - _PACKING_SHARE) * (number + 1) / len(pieces)))
    return _packed(packer, pieces, len(faces), texture_size, padding)


def _split(centres: np.ndarray, largest: int) -> list[np.ndarray]:
    """Halve the faces at the median of their widest axis until every piece is small; each piece is face indices."""
    todo, pieces = [np.arange(len(centres))], []
    while todo:
        piece = todo.pop()
        if len(piece) <= largest:
            pieces.append(piece)
            continue
        axis = np.ptp(centres[piece], axis=0).argmax()
        ordered = piece[np.argsort(centres[piece, axis], kind="stable")]
        todo += [ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]]
    return pieces


def _parametrised(vertices: np.ndarray, faces: np.ndarray, atlases: list[xatlas.Atlas]) -> Charts:
    """UVs of one piece in world units (so that all pieces get the same texel density) and their indices."""
    used, local = np.unique(faces, return_inverse=True)
    piece = xatlas.Atlas()
    atlases.append(piece)
    piece.add_mesh(vertices[used].astype(np.float32), local.reshape(-1, 3).astype(np.uint32))
    options = xatlas.PackOptions()
    options.texels_per_unit = _TEXELS_PER_UNIT
    piece.generate(xatlas.ChartOptions(), options)
    if piece.atlas_count < 1:
        raise RuntimeError("no chart was found in a piece")
    _, indices, uvs = piece.get_mesh(0)
    scale = np.array([piece.width, piece.height], np.float32) / _TEXELS_PER_UNIT
    return (uvs * scale).astype(np.float32), indices.astype(np.uint32)


def _packed(packer: xatlas.Atlas, pieces: list[np.ndarray], face_count: int, texture_size: int, padding: int) -> Charts:
    options = xatlas.PackOptions()
    options.resolution = texture_size
    options.padding = padding
    packer.generate(xatlas.ChartOptions(), options)
    if packer.atlas_count != 1 or packer.mesh_count != len(pieces):
        raise RuntimeError(f"packing made {packer.atlas_count} atlases of {packer.mesh_count} pieces")
    uvs, uv_faces, start = [], np.zeros((face_count, 3), np.int32), 0
    for number, piece in enumerate(pieces):
        _, indices, piece_uvs = packer.get_mesh(number)
        uv_faces[piece] = indices.reshape(-1, 3).astype(np.int32) + start
        uvs.append(piece_uvs)
        start += len(piece_uvs)
    return np.clip(np.concatenate(uvs), 0, 1).astype(np.float32), uv_faces


if __name__ == "__main__":
    main()
