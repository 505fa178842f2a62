"""benchmarks/gpu.py end to end on a CPU at its quick size, and what its numbers are made of."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import gpu
import pytest
import torch
from any_to_3d.backend.generator.recipes.xbind import XBIND
from gpu import PARTS, Arguments, main
from gpu_parts import origin as origins
from gpu_parts.accelerators import ACCELERATORS
from gpu_parts.case import Case
from gpu_parts.journal import Journal
from gpu_parts.world import World

CPU = torch.device("cpu")

# The whole script is measured once, before the first test: 30 s of one idle core, and more beside other work.
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Number:
    value: float


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", autouse=True)
def one_commit() -> Iterator[None]:
    """git is asked once: a commit made while the tests run would be another origin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(origins, "source", cache(origins.source))
        yield


def arguments(out: Path, **others: object) -> Arguments:
    return replace(Arguments(out, device="cpu", size="quick", rounds=1), **others)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of the whole script."""
    out = tmp_path_factory.mktemp("gpu")
    assert main(arguments(out)) == 0
    return out


@pytest.fixture(scope="module")
def parts(folder: Path) -> dict:
    return json.loads((folder / "gpu.json").read_text("utf-8"))["parts"]


def test_every_part_is_measured_and_only_missing_libraries_are_left_out(parts: dict) -> None:
    assert list(parts) == list(PARTS)
    assert all(part["results"] and not part["failed"] for part in parts.values())
    assert {case for part in parts.values() for case in part["left_out"]} == {each.package for each in ACCELERATORS}


def test_the_times_of_a_steps_parts_add_up_to_the_step(parts: dict) -> None:
    steps = [result for result in parts["phases"]["results"].values() if "timing" in result]
    assert len(steps) == 6
    for result in steps:
        assert sum(result["parts_ms"].values()) == pytest.approx(result["timing"]["median_ms"], rel=1e-3)


def test_a_step_is_divided_into_every_loss_every_view_and_what_comes_after(parts: dict) -> None:
    results = [result for result in parts["phases"]["results"].values() if "paper" in result["steps_of"]][:3]
    for phase, result in zip(XBIND.phases, results, strict=True):
        named = set(result["parts_ms"])
        assert {weighted.loss.name for weighted in phase.losses} <= named
        assert {"rendering, random view", "rendering, reference view", "optimiser"} <= named
        assert "backward through the renderer" in named
        assert result["steps_of"]["paper"] == phase.steps // 100
    assert "rendering, stereo view" in results[1]["parts_ms"]


def test_the_raw_rounds_of_both_formulations_stand_behind_their_ratio(parts: dict) -> None:
    results = parts["peers"]["results"]
    assert len(results) == 6
    assert [result["their_kernels"] for result in results.values()] == ["cpu"] * 3 + ["reference"] * 3
    for result in results.values():
        (ours,), (theirs,) = result["ours"]["rounds_ms"], result["theirs"]["rounds_ms"]
        assert result["ratio"] == pytest.approx(theirs / ours, rel=1e-2)


def test_a_draft_shows_a_live_mesh_long_before_it_is_finished(parts: dict) -> None:
    (draft,) = parts["draft"]["results"].values()
    assert 0 < draft["first_live_mesh"] <= draft["first_step"] < draft["whole"]
    assert [phase["name"] for phase in draft["phases"]] == ["coarse", "geometry", "texture"]
    total = draft["first_step"] + sum(phase["seconds"] for phase in draft["phases"]) + draft["finish"]
    assert draft["whole"] == pytest.approx(total, abs=0.01)


def test_memory_that_no_gpu_counts_is_called_not_measured(parts: dict) -> None:
    results = parts["memory"]["results"]
    assert list(results) == ["draft", "paper"]
    for result in results.values():
        assert list(result["peaks"]) == ["stage 0", "coarse", "geometry", "texture"]
        assert set(result["peaks"].values()) == {None}
        assert result["note"].startswith("not measured")


def test_every_kernel_is_beside_its_reference(parts: dict) -> None:
    results = parts["kernels"]["results"]
    assert list(results) == ["hash grid", "composite", "rasterise", "antialias", "marching tetrahedra"]
    for result in results.values():
        assert result["why"].startswith("kernels: cpu (numba)")
        chosen, reference = result["chosen"]["median_ms"], result["reference"]["median_ms"]
        assert result["ratio"] == pytest.approx(reference / chosen, rel=1e-2, abs=1e-3)  # three decimals


def test_the_tables_show_every_part_and_name_what_was_left_out(folder: Path) -> None:
    text = (folder / "gpu.md").read_text("utf-8")
    assert all(f"\n## {name}\n" in text for name in [*PARTS, "left out"])
    assert "\n## failed" not in text
    assert "- kernels, tinycudann: " in text


def test_the_origin_tells_device_versions_and_settings(folder: Path) -> None:
    origin = json.loads((folder / "gpu.json").read_text("utf-8"))["origin"]
    assert origin["packages"]["torch"] == torch.__version__
    assert {"diffusers", "transformers", "triton"} <= set(origin["packages"])
    assert origin["settings"]["size"] == "quick"
    assert origin["device"]


def test_the_same_command_measures_nothing_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = json.loads((folder / "gpu.json").read_text("utf-8"))["parts"]

    def measured_again(*_: object) -> None:
        raise AssertionError("a finished case was measured again")

    monkeypatch.setattr(gpu, "run_case", measured_again)
    only = tuple(name for name in PARTS if name != "kernels")  # what was left out is tried again
    assert main(arguments(folder, parts=only)) == 0
    assert json.loads((folder / "gpu.json").read_text("utf-8"))["parts"] == before


def counting(calls: list[str], name: str, problem: BaseException | None = None) -> Case:
    def measure() -> Number:
        calls.append(name)
        if problem is not None:
            raise problem
        return Number(1.0)

    return Case(name, measure)


def use(monkeypatch: pytest.MonkeyPatch, **parts: Callable[[World], Iterator[Case]]) -> None:
    for name, part in parts.items():
        monkeypatch.setitem(PARTS, name, part)
    monkeypatch.setattr("gpu.markdown", lambda journal: "")


def test_an_interrupted_run_keeps_what_it_has_and_the_same_command_goes_on(tmp_path, monkeypatch) -> None:
    calls: list[str] = []
    use(monkeypatch, memory=lambda _: iter([counting(calls, "one"), counting(calls, "two", KeyboardInterrupt())]))
    with pytest.raises(KeyboardInterrupt):
        main(arguments(tmp_path, parts=("memory",)))
    use(monkeypatch, memory=lambda _: iter([counting(calls, "one"), counting(calls, "two")]))
    assert main(arguments(tmp_path, parts=("memory",))) == 0
    assert calls == ["one", "two", "two"]
    results = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]["memory"]["results"]
    assert results == {"one": {"value": 1.0}, "two": {"value": 1.0}}


def test_what_runs_out_of_memory_is_named_and_stops_nothing_else(tmp_path, monkeypatch) -> None:
    calls: list[str] = []
    problem = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB\nand much more")
    use(monkeypatch, memory=lambda _: iter([counting(calls, "large", problem), counting(calls, "small")]))
    assert main(arguments(tmp_path, parts=("memory",))) == 1
    memory = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]["memory"]
    assert memory["failed"] == {"large": "OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"}
    assert list(memory["results"]) == ["small"]


def test_a_part_that_raises_is_named_and_the_next_one_runs(tmp_path, monkeypatch) -> None:
    def broken(_: World) -> Iterator[Case]:
        raise RuntimeError("no driver")
        yield

    use(monkeypatch, networks=broken, kernels=lambda _: iter([counting([], "one")]))
    assert main(arguments(tmp_path, parts=("networks", "kernels"))) == 1
    parts = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]
    assert parts["networks"]["failed"] == {"the part as a whole": "RuntimeError: no driver"}
    assert list(parts["kernels"]["results"]) == ["one"]


def test_what_time_does_not_reach_is_named_and_measured_by_the_next_run(tmp_path, monkeypatch) -> None:
    calls: list[str] = []
    use(monkeypatch, kernels=lambda _: iter([counting(calls, "one")]))
    assert main(arguments(tmp_path, parts=("kernels",), minutes=0)) == 0
    (reason,) = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]["kernels"]["left_out"].values()
    assert (calls, reason.split(":")[0]) == ([], "no time")
    assert main(arguments(tmp_path, parts=("kernels",))) == 0
    kernels = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]["kernels"]
    assert (list(kernels["results"]), kernels["left_out"]) == (["one"], {})


def test_results_of_other_settings_are_not_mixed_in(tmp_path, monkeypatch) -> None:
    use(monkeypatch, kernels=lambda _: iter([counting([], "one")]))
    main(arguments(tmp_path, parts=("kernels",)))
    with pytest.raises(ValueError, match=r"holds another run's results \(settings .*name another folder"):
        main(arguments(tmp_path, parts=("kernels",), rounds=2))


@pytest.mark.cuda
def test_the_whole_script_runs_on_a_gpu_and_counts_its_memory(tmp_path: Path) -> None:
    assert main(arguments(tmp_path, device="cuda", is_compiling=False)) == 0
    parts = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]
    assert list(parts) == list(PARTS)
    for result in parts["memory"]["results"].values():
        assert all(peak > 0 for peak in result["peaks"].values())


def test_a_journal_is_whole_json_after_every_case(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gpu.json", origins.origin(World(CPU, "quick")))
    journal.keep("kernels", "one", Number(2.0), 0.5)
    assert json.loads(journal.path.read_text("utf-8"))["parts"]["kernels"]["results"] == {"one": {"value": 2.0}}
    assert [each.name for each in tmp_path.iterdir()] == ["gpu.json"]
