"""The ratios of benchmarks/cpu.py: how they are computed, how peers are found, and every case at its quick size."""

import json
import subprocess
import sys
from pathlib import Path

import cpu
import numpy as np
import pytest
import torch
from ratios import texture_coordinates
from ratios.peers import LeftOut, Peers, file_of_checkout, stand_in
from ratios.timing import Times, Verdict, ratio_verdicts, take_turns

PEER_OF_CASE = {
    "C1": "nerfstudio",
    "C2": "kaolin",
    "C3": "threestudio",
    "C4": "threestudio",
    "C5": "warp",
    "C6": "nerfacc",
    "C7": "nvdiffrast",
    "C8": "bpy",
    "C9": "threestudio",
}


@pytest.fixture
def known_modules():
    """Forget what a test has imported from its own checkout."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def torch_threads():
    """cpu.main sets torch's threads to one."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    times = Times({"ours": (1.0, 10.0, 2.0), "peer": (4.0, 20.0, 6.0)}, {})
    assert times.ratio("ours", "peer") == 3.0


def test_variants_take_turns_after_one_unmeasured_run_each() -> None:
    calls: list[str] = []
    steps = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = take_turns(steps, rounds=2, between=lambda: calls.append("-"))
    assert calls == ["a", "b", "-", "a", "b", "-", "a", "b"]
    assert {name: len(rounds) for name, rounds in times.cpu.items()} == {"a": 2, "b": 2}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the time of children")
def test_the_time_of_children_counts() -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    times = take_turns({"child": lambda: subprocess.run([sys.executable, "-c", busy], check=True)}, rounds=1)
    assert times.cpu["child"][0] >= 250


def test_islands_are_counted_in_the_texture_and_not_in_space() -> None:
    faces = np.array([[0, 1, 2], [2, 1, 3]])
    square = np.array([[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5]])
    together = square[faces]
    assert texture_coordinates._islands(faces, together) == 1
    assert texture_coordinates._islands(faces, together + np.array([0, 0.5]).reshape(2, 1, 1)) == 2


@pytest.mark.parametrize(("value", "reached"), [(0.94, False), (1.0, True), (1.06, False)])
def test_a_number_is_reached_within_its_range(value: float, reached: bool) -> None:
    assert Verdict("gradient", value, 0.95, 1.05).is_reached is reached


def test_a_peer_that_was_not_measured_gets_no_verdict() -> None:
    assert ratio_verdicts(Times({"ours": (1.0,)}, {}), "ours", {"peer": 2}) == ()


def test_a_file_is_imported_without_the_packages_around_it(tmp_path, known_modules) -> None:
    write(tmp_path / "huge" / "__init__.py", "import a_gpu_library")
    write(tmp_path / "huge" / "ops" / "__init__.py", "import another_one")
    write(tmp_path / "huge" / "ops" / "wanted.py", "import unused_here\nfrom huge.ops.near import VALUE")
    write(tmp_path / "huge" / "ops" / "near.py", "VALUE = 7")
    assert file_of_checkout(tmp_path, "huge.ops.wanted", [stand_in("unused_here")]).VALUE == 7
    assert "unused_here" not in sys.modules


def test_a_file_that_lacks_a_library_is_left_out_by_name(tmp_path, known_modules) -> None:
    write(tmp_path / "other" / "wanted.py", "import a_gpu_library")
    with pytest.raises(LeftOut, match=r"other \(No module named 'a_gpu_library'\)"):
        file_of_checkout(tmp_path, "other.wanted")


def test_peers_are_left_out_where_no_folder_or_a_wrong_one_is_named(tmp_path) -> None:
    with pytest.raises(LeftOut, match=r"kaolin \(no folder given\)"):
        Peers().path("kaolin")
    with pytest.raises(LeftOut, match=r"kaolin \(nowhere is not there\)"):
        Peers(kaolin=tmp_path / "nowhere").path("kaolin")


def test_a_report_says_which_commit_or_version_of_a_peer_was_measured(tmp_path) -> None:
    repository = Path(__file__).parents[2]
    write(
        tmp_path / "warp_lang-1.2.3.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: warp-lang\nVersion: 1.2.3\n"
    )
    versions = Peers(kaolin=repository, warp=tmp_path, mitsuba=tmp_path).versions()
    assert versions["warp"] == "1.2.3"
    assert versions["mitsuba"] == ""
    assert len(versions["kaolin"]) in (0, 40)


@pytest.mark.parametrize("name", list(cpu.CASES))
def test_every_case_runs_without_its_peer_and_names_it(name: str) -> None:
    report = cpu.CASES[name]("quick", Peers(), 1)
    assert any(reason.startswith(PEER_OF_CASE[name]) for reason in report.left_out)
    assert name in ("C3", "C7", "C8") or len(report.times.cpu) >= 1


def test_the_silhouette_moves_as_finite_differences_say_even_at_the_quick_size() -> None:
    report = cpu.CASES["C7"]("quick", Peers(), 1)
    assert len(report.verdicts) == 2
    assert all(verdict.is_reached for verdict in report.verdicts)


def test_a_peer_in_a_folder_is_measured_and_its_mesh_compared(tmp_path, known_modules) -> None:
    peer = """
from any_to_3d.backend.kernels.marching_tetrahedra import marching_tetrahedra

def _unbatched_marching_tetrahedra(vertices, tets, sdf, return_tet_idx):
    return marching_tetrahedra(vertices, tets, -sdf)
"""
    write(tmp_path / "kaolin" / "ops" / "conversions" / "tetmesh.py", peer)
    report = cpu.CASES["C2"]("quick", Peers(kaolin=tmp_path), 1)
    assert report.left_out == ()
    assert report.verdicts[0].at_least == 20
    assert report.facts["faces"][0] == report.facts["faces"][1] > 0
    assert report.facts["farthest_vertex"] < 1e-6


def test_the_report_tells_commit_versions_and_what_was_left_out(capsys) -> None:
    assert cpu.main(cpu.Arguments(cases=("C6",), size="quick", rounds=1)) == 0
    report = json.loads(capsys.readouterr().out)
    assert {"machine", "commit", "torch"} <= report["source"].keys()
    assert report["packages"]["numba"]
    assert report["cases"]["C6"]["left_out"] == ["nerfacc (no folder given)"]


def test_what_a_peer_prints_is_not_mixed_with_the_json(monkeypatch, capsys) -> None:
    def greeting(size: str, peers: Peers, rounds: int) -> cpu.Report:
        print("hello from a peer")
        return cpu.Report("polite")

    monkeypatch.setitem(cpu.CASES, "C1", greeting)
    cpu.main(cpu.Arguments(cases=("C1",)))
    written = capsys.readouterr()
    assert json.loads(written.out)["cases"]["C1"]["what"] == "polite"
    assert "hello" in written.err


def test_a_missed_gate_ends_a_strict_run_with_status_1(monkeypatch, capsys) -> None:
    missed = cpu.Report("slow", verdicts=(Verdict("peer / ours", 1.0, 2.0),))
    monkeypatch.setitem(cpu.CASES, "C1", lambda size, peers, rounds: missed)
    assert cpu.main(cpu.Arguments(cases=("C1",), strict=True)) == 1
    assert cpu.main(cpu.Arguments(cases=("C1",))) == 0
