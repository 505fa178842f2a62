"""Retexture of ten varied meshes through a real backend: what is kept, what it scores, how soon it is seen.

First `<a Python with bpy> benchmarks/retexture_meshes.py MESHES` makes the meshes (see there), then
`python benchmarks/retexture.py MESHES --out FOLDER` starts a backend with the built-in models, retextures each mesh at
strength 1 with the prompt beside its name below, and writes report.json and contact-sheet.png.

R-precision is that of the independent judge (evaluation.judges), which took no part in making textures: the share of
views that retrieve the new prompt among 51, the prompt's kind in all twelve colours and the other 39 kinds, each in its
usual colour; beside it, among all 480 prompts of the built-in world. A shape is asked for the kind that it resembles
most. Before is the same mesh with the texture that it came with, white where it came with none. Plain is the same mesh
all in the prompt's colour, as the judge's own props are painted: what its outline alone lets the judge see in it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import torch
import tyro
from any_to_3d.backend.evaluation.contact_sheet import Row, contact_sheet
from any_to_3d.backend.evaluation.judges import INDEPENDENT, Judge, profile_judges
from any_to_3d.backend.evaluation.pairs import Pair, world_pairs
from any_to_3d.backend.evaluation.scores import orbits
from any_to_3d.backend.finishing.unwrap import Atlas, unwrap
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.props.class_table import CLASS_TABLE
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.retexturing.placed_mesh import PlacedMesh
from any_to_3d.shared.client import Client
from any_to_3d.shared.mesh import SourceMesh, TexturedMesh, TextureSnapshot
from any_to_3d.shared.messages import (
    Accepted,
    Ack,
    Failed,
    Finished,
    Hello,
    Progress,
    Rejected,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
    Welcome,
)
from any_to_3d.shared.starting_points import Retexture

PROMPTS = {
    "cube": Pair("crate", "red"),
    "cylinder": Pair("barrel", "green"),
    "suzanne": Pair("mushroom", "red"),
    "scan": Pair("rock", "green"),
    "table": Pair("table", "purple"),
    "no-uvs": Pair("vase", "blue"),
    "overlapping": Pair("chair", "pink"),
    "n-gons": Pair("house", "red"),
    "sheet": Pair("shield", "yellow"),
    "prop": Pair("chair", "turquoise"),
}
ALSO = {"scan": (Pair("rock", "red"),)}
"""Measured beside the ten, and not counted among them: in plain red, too, the judge takes this outline for a mushroom.
"""
COLOURS_OF_THE_SCAN = 24
"""Views for the judge's opinion of the scan in each plain colour."""

TEXTURE = 512
LIVE = 512
PATIENCE = 900.0


@dataclass(frozen=True)
class Precision:
    """Among the 51 prompts of the pool, and among all."""

    pool: float
    world: float


@dataclass(frozen=True)
class Outcome:
    """One mesh. seconds: from the request to the first TextureSnapshot, to the last step, and to the result.

    longest_gap: between two snapshots.  snapshots_per_second: from the first to the last.
    first_snapshot_cpu: processor seconds of the backend until then, which is what it takes on an idle core.
    load: average number of processes that wanted a processor in the last minute.
    """

    name: str
    prompt: str
    triangles: int
    keeps_geometry: bool
    keeps_uvs: bool
    before: Precision
    plain: Precision
    after: Precision
    first_snapshot: float
    first_snapshot_cpu: float
    snapshots_per_second: float
    longest_gap: float
    finished: float
    load: float
    notice: str


@dataclass(frozen=True)
class Live:
    """What was heard of a job."""

    mesh: TexturedMesh
    snapshots: tuple[float, ...]
    first_cpu: float
    finished: float
    notice: str


def main(
    meshes: Annotated[Path, tyro.conf.Positional],
    out: Path = Path("build/retexture"),
    only: tuple[str, ...] = (),
    views: int = 120,
    strength: float = 1.0,
) -> None:
    """meshes: the folder of retexture_meshes.py."""
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    judge = next(each for each in profile_judges(BUILTIN_FOLDER, torch.device("cpu")) if each.name == INDEPENDENT)
    outcomes, also, rows = [], [], []
    with backend() as (client, server):
        for name in only or tuple(PROMPTS):
            source = read(meshes / f"{name}.npz")
            for pair in (PROMPTS[name], *ALSO.get(name, ())):
                live = retextured(client, server, source, pair.text, strength)
                old, new = judged(source, live.mesh)
                plain = replace(old, albedo=plain_colour(pair.colour))
                found = [precision(judge, mesh, pair, views) for mesh in (old, plain, new)]
                measured = outcome(name, pair, source, live, *found)
                (outcomes if pair == PROMPTS[name] else also).append(measured)
                before = f"{name} before: {measured.before.pool:.2f}, plain: {measured.plain.pool:.2f}"
                rows += [Row(before, old), Row(f"{pair.text}: {measured.after.pool:.2f}", new)]
                sys.stdout.write(f"{measured}\n")
                sys.stdout.flush()
    contact_sheet(rows, size=96, views=4, columns=2).quantize(192).save(out / "contact-sheet.png", optimize=True)
    document = report(outcomes) | {"beside the ten": [asdict(each) for each in also]}
    if "scan" in (only or PROMPTS):
        scan = read(meshes / "scan.npz")
        old, _ = judged(scan, TexturedMesh(scan.vertices, scan.faces, scan.uvs, scan.uv_faces, plain_colour("red")))
        document["scan in each plain colour, of 51"] = {
            colour: precision(
                judge, replace(old, albedo=plain_colour(colour)), Pair("rock", colour), COLOURS_OF_THE_SCAN
            ).pool
            for colour in COLOURS
        }
    (out / "report.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def plain_colour(colour: str) -> np.ndarray:
    """u8[4, 4, 3], the palette's."""
    return np.tile((np.array(COLOURS[colour]) * 255).astype(np.uint8), (4, 4, 1))


def report(outcomes: list[Outcome]) -> dict[str, object]:
    rises = [each.after.pool - each.before.pool for each in outcomes]
    return {
        "pool": "the prompt's kind in 12 colours and the other 39 kinds in their usual colour; world: all 480 prompts",
        "mean rise": round(statistics.mean(rises), 3),
        "mean rise among all 480": round(statistics.mean(each.after.world - each.before.world for each in outcomes), 3),
        "least rise": round(min(rises), 3),
        "most processor seconds to the first snapshot": max(each.first_snapshot_cpu for each in outcomes),
        "latest first snapshot": max(each.first_snapshot for each in outcomes),
        "fewest snapshots per second": min(each.snapshots_per_second for each in outcomes),
        "all keep geometry and uvs": all(each.keeps_geometry and each.keeps_uvs for each in outcomes),
        "meshes": [asdict(each) for each in outcomes],
    }


def read(path: Path) -> SourceMesh:
    """A mesh as the add-on would send it; one without texture coordinates is unwrapped, as the add-on would ask for."""
    with np.load(path) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    if not len(found["uvs"]):
        *_, atlas = unwrap(found["vertices"], found["faces"], TEXTURE)
        assert isinstance(atlas, Atlas)
        found["uvs"], found["uv_faces"] = atlas.uvs, atlas.uv_faces
    return SourceMesh(**found)


@contextmanager
def backend() -> Iterator[tuple[Client, psutil.Process]]:
    """A server process with the built-in models, loaded."""
    with tempfile.TemporaryDirectory(prefix="any-to-3d-") as folder:
        port_file = Path(folder) / "port"
        command = [sys.executable, "-m", "any_to_3d.backend", "serve", "--profile", "builtin", "--port", "0"]
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(
                [*command, "--port-file", str(port_file), "--data", f"{folder}/data"], stdout=log, stderr=log
            )
        try:
            while not port_file.exists():
                time.sleep(0.05)
            client = Client(f"tcp://127.0.0.1:{int(port_file.read_text())}", "retexture benchmark")
            _wait_for_models(client)
            yield client, psutil.Process(server.pid)
            client.close()
        finally:
            server.terminate()
            server.wait(30)


def _wait_for_models(client: Client) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        client.send(Hello("1.4", "retexture benchmark"))
        client.wait(0.5)
        for message in client.poll():
            if isinstance(message, Welcome) and message.device != "starting":
                return
    raise TimeoutError("the backend did not load its models")


def processor_seconds(server: psutil.Process) -> float:
    """Of the server and its workers so far."""
    times = [each.cpu_times() for each in (server, *server.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def retextured(client: Client, server: psutil.Process, source: SourceMesh, prompt: str, strength: float) -> Live:
    """Ask for it, and watch as the add-on does: one snapshot at a time, acknowledged at once."""
    asked = Retexture(source, strength, TEXTURE, TEXTURE)
    request = f"r{time.monotonic_ns()}"
    begun, begun_cpu, first_cpu = time.monotonic(), processor_seconds(server), 0.0
    client.send(Submit(request, (WeightedPrompt(TextPrompt(prompt)),), source=asked))
    snapshots, notice = [], ""
    while time.monotonic() - begun < PATIENCE:
        client.wait(0.005)
        for message in client.poll():
            match message:
                case Accepted(request_id, job_id) if request_id == request:
                    client.send(Watch(job_id, max_texture=LIVE))
                case TextureSnapshot():
                    snapshots.append(time.monotonic() - begun)
                    first_cpu = first_cpu or processor_seconds(server) - begun_cpu
                    client.send(Ack(message.job_id, message.sequence))
                case Progress():
                    notice = message.notice
                case Finished():
                    return Live(message.mesh, tuple(snapshots), first_cpu, time.monotonic() - begun, notice)
                case Rejected() | Failed():
                    raise RuntimeError(f"{prompt}: {message.problem}")
    raise TimeoutError(f"{prompt}: no result after {PATIENCE:.0f} s")


def judged(source: SourceMesh, made: TexturedMesh) -> tuple[TexturedMesh, TexturedMesh]:
    """Before and after, where the judges' pictures have their objects."""
    placed = PlacedMesh.of(source).vertices
    albedo = source.albedo if source.albedo is not None else np.full((4, 4, 3), 255, np.uint8)
    before = TexturedMesh(placed, source.faces, source.uvs, source.uv_faces, albedo)
    return before, replace(before, albedo=made.albedo)


def precision(judge: Judge, mesh: TexturedMesh, pair: Pair, views: int) -> Precision:
    """The mean of both elevations."""
    kind = pair.prop_class
    others = [Pair(name, facts.usual_colour) for name, facts in CLASS_TABLE.items() if name != kind]
    pool, world = judge.pool([*(Pair(kind, colour) for colour in COLOURS), *others]), judge.pool(world_pairs())
    seen = [judge.seen(pictures) for pictures in orbits(mesh, views).values()]
    found = [statistics.mean(each.retrieve(some, pair.text).precision for some in seen) for each in (pool, world)]
    return Precision(*(round(value, 3) for value in found))


def outcome(
    name: str, pair: Pair, source: SourceMesh, live: Live, before: Precision, plain: Precision, after: Precision
) -> Outcome:
    mesh, at = live.mesh, live.snapshots
    gaps = np.diff(at)
    return Outcome(
        name=name,
        prompt=pair.text,
        triangles=len(source.faces),
        keeps_geometry=_is_same(mesh.vertices, source.vertices) and _is_same(mesh.faces, source.faces),
        keeps_uvs=_is_same(mesh.uvs, source.uvs) and _is_same(mesh.uv_faces, source.uv_faces),
        before=before,
        plain=plain,
        after=after,
        first_snapshot=round(at[0], 2),
        first_snapshot_cpu=round(live.first_cpu, 2),
        snapshots_per_second=round((len(at) - 1) / (at[-1] - at[0]), 2),
        longest_gap=round(float(gaps.max()), 2),
        finished=round(live.finished, 1),
        load=round(os.getloadavg()[0], 1),
        notice=live.notice,
    )


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other)


if __name__ == "__main__":
    tyro.cli(main)
