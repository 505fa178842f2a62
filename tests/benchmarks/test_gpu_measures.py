"""benchmarks/gpu.py end to end on a CPU at its quick size, and what its numbers are made of."""

import json
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path

import gpu
import pytest
import torch
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.losses.surface import laplacian_roughness, normal_consistency
from any_to_3d.backend.generator.recipes.xbind import XBIND
from any_to_3d.backend.generator.rendering.view import TriangleMesh
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import REFERENCE
from any_to_3d.backend.memory_forecast import GIB
from any_to_3d.backend.models.schedule import NoiseSchedule
from gpu import PARTS, Arguments, main
from gpu_parts import memory, networks, timing
from gpu_parts import origin as origins
from gpu_parts.accelerators import ACCELERATORS
from gpu_parts.case import Case, LeftOut
from gpu_parts.journal import Journal, PartJournal
from gpu_parts.kernel_work import Ball
from gpu_parts.phases import variants
from gpu_parts.public_mesh import PublicMesh
from gpu_parts.public_priors import Conditions, PublicPrior
from gpu_parts.report import Roofline, minutes
from gpu_parts.timing import Laps, Rounds, Timing, timed, timed_in_turns
from gpu_parts.told_priors import HEARD, told
from gpu_parts.world import World
from torch import Tensor, nn

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
        assert result["ratio"] == pytest.approx(reference / chosen, rel=1e-2)


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


@pytest.fixture(scope="module")
def counted() -> Runtime:
    return World(CPU, "full").counted.showing(512)


def test_work_is_counted_as_by_hand() -> None:
    linear, convolution = nn.Linear(30, 20, bias=False), nn.Conv2d(3, 8, 3, padding=1, bias=False)
    rows, picture = torch.rand(7, 30), torch.rand(2, 3, 16, 16)
    assert networks.teraflops(lambda: linear(rows)) == pytest.approx(2 * 7 * 30 * 20 / 1e12)
    assert networks.teraflops(lambda: convolution(picture)) == pytest.approx(2 * 2 * 8 * 3 * 9 * 16 * 16 / 1e12)
    frozen, wanted = linear.requires_grad_(False), rows.requires_grad_()
    assert networks.teraflops(lambda: frozen(wanted).sum().backward()) == pytest.approx(2 * 2 * 7 * 30 * 20 / 1e12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("unclip U-Net, guidance pair", 1.609),
        ("zero123 U-Net, guidance pair", 0.353),
        ("unclip VAE encode, gradient", 2.268),
        ("zero123 VAE encode, gradient", 0.548),
        ("unclip VAE decode", 2.515),
        ("CLIP image tower, 6 crops, gradient", 6 * 0.680),
    ],
)
def test_the_measured_networks_do_the_published_ones_work(name: str, expected: float, counted: Runtime) -> None:
    (job,) = (job for job in networks.jobs() if job.name == name)
    assert networks.teraflops(job.prepare(counted)) == pytest.approx(expected, rel=0.01)


def test_the_share_of_the_roofline_is_set_by_the_slower_of_work_and_weights() -> None:
    roofline = Roofline(matmul=500.0, matmul_name="", copy=2000.0)
    timing = asdict(Timing(10.0, 0.0, (10.0,)))
    heavy = {"teraflops": 2.0, "gigabytes": 2.0, "timing": timing}
    assert roofline.share(heavy) == pytest.approx(4 / 10)
    assert roofline.share({**heavy, "teraflops": 0.1}) == pytest.approx(1 / 10)


def test_a_presets_minutes_are_its_steps_times_their_medians_and_stage_0() -> None:
    def phase(ms: float, **steps_of: int) -> dict:
        return {"steps_of": steps_of, "timing": asdict(Timing(ms, 0.0, (ms,)))}

    results = {
        "I": phase(40.0, paper=5000, draft=500),
        "II": phase(50.0, paper=3000),
        "III": phase(30.0, paper=5000),
        "stage 0": {"steps_of": {"paper": 1}, "seconds": {"paper": 20.0}},
    }
    assert minutes(PartJournal(results)) == {"paper": pytest.approx((200 + 150 + 150 + 20) / 60, abs=1e-3)}


def test_the_papers_phases_come_first_one_picture_each_with_the_aim() -> None:
    found = variants(World(CPU, "full"))
    assert [(each.phase.name, each.phase.batch, each.phase.size, each.aim_ms) for each in found[:3]] == [
        ("coarse", 1, 128, 45.0),
        ("geometry", 1, 512, 45.0),
        ("texture", 1, 512, 45.0),
    ]
    assert all(each.aim_ms is None for each in found[3:])
    assert len({each.name for each in found}) == len(found)


def test_laps_divide_a_step_and_add_up_equal_names(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 1.0, 3.0, 6.0, 100.0, 104.0])
    monkeypatch.setattr(timing, "mark", lambda device: next(moments))
    laps = Laps(CPU)
    laps.start()
    for name in ("loss", "rendering", "loss"):
        laps.lap(name)
    laps.start()
    laps.lap("loss")
    assert laps.read() == [{"loss": 4000.0, "rendering": 2000.0}, {"loss": 4000.0}]


def test_unmeasured_calls_come_before_the_measured_ones() -> None:
    calls: list[str] = []
    found = timed(lambda: calls.append("x"), CPU, Rounds(measured=4, warm_up=2))
    assert (len(calls), len(found.rounds_ms)) == (6, 4)
    calls.clear()
    variants = {name: partial(calls.append, name) for name in "ab"}
    timed_in_turns(variants, CPU, Rounds(measured=2, warm_up=1))
    assert calls == ["a", "b", "a", "b", "a", "b"]


def test_a_package_that_only_bears_a_librarys_name_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world, tinycudann = World(CPU, "quick"), ACCELERATORS[0]
    monkeypatch.setitem(sys.modules, "tinycudann", types.ModuleType("tinycudann"))
    with pytest.raises(LeftOut, match="has no Encoding, so it is another package"):
        tinycudann.build(world)
    monkeypatch.setattr(sys.modules["tinycudann"], "Encoding", object, raising=False)
    with pytest.raises(LeftOut, match="tinycudann needs an NVIDIA GPU"):
        tinycudann.build(world)


def test_public_mesh_losses_have_our_values_and_gradients() -> None:
    ball = Ball.build(6, CPU)
    values = []
    for losses in (_public_losses, _our_losses):
        vertices = ball.vertices.clone().requires_grad_()
        total = torch.stack(losses(TriangleMesh(vertices, ball.faces)))
        values.append((total.detach(), torch.autograd.grad(total.sum(), vertices)[0]))
    for mine, theirs in zip(*values, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


def _public_losses(mesh: TriangleMesh) -> list[Tensor]:
    return [PublicMesh(mesh).normal_consistency(), PublicMesh(mesh).laplacian()]


def _our_losses(mesh: TriangleMesh) -> list[Tensor]:
    return [normal_consistency(mesh), laplacian_roughness(mesh)]


class _StandInUNet:
    dtype = torch.float32

    def __call__(self, latents: Tensor, *_: object, **__: object) -> types.SimpleNamespace:
        return types.SimpleNamespace(sample=torch.full_like(latents, 3.0))


class _StandInAutoencoder:
    """Latents are the picture in [-1, 1]."""

    dtype = torch.float32
    config = types.SimpleNamespace(scaling_factor=1.0)

    def encode(self, picture: Tensor) -> types.SimpleNamespace:
        return types.SimpleNamespace(latent_dist=types.SimpleNamespace(sample=lambda: picture))


def test_the_public_formulations_gradient_is_the_weighted_noise_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "randn_like", torch.ones_like)
    acp = NoiseSchedule.scaled_linear().alphas_cumprod.float()
    unet, autoencoder = _StandInUNet(), _StandInAutoencoder()
    conditions = Conditions(torch.zeros(2, 1, 1))
    prior = PublicPrior(unet, autoencoder, 8, False, acp, lambda cameras: conditions)  # type: ignore[arg-type]
    picture = torch.rand(1, 3, 8, 8, requires_grad=True)
    prior.sds(SDS("stereo", 5.0, t_low=0.4, t_high=0.4), picture, None, 0.5).backward()  # type: ignore[arg-type]
    # Both branches say 3 where the noise is 1; the picture's range doubles on its way to [-1, 1].
    expected = 2 * (1 - acp[400].sqrt()) * (3 - 1)
    torch.testing.assert_close(picture.grad, expected.expand_as(picture), rtol=1e-4, atol=1e-6)


def test_a_told_prior_says_what_it_was_shown_and_a_little_of_its_own() -> None:
    world = World(CPU, "quick")
    prior, knowing = world.ours.planar, told(world.ours).planar
    picture = torch.rand(1, 3, prior.image_size, prior.image_size)
    latents = knowing.encode(picture)
    assert torch.equal(latents, prior.encode(picture))
    decoded = knowing.decode(latents)
    torch.testing.assert_close(decoded, picture.lerp(prior.decode(latents), HEARD))


def test_the_kernels_ball_is_the_reference_surface_of_its_distances() -> None:
    ball = Ball.build(8, CPU)
    vertices, faces = REFERENCE.marching_tetrahedra(ball.positions, ball.lattice, ball.distances)
    assert torch.equal(ball.vertices, vertices)
    assert torch.equal(ball.faces, faces)
    assert ball.vertices.norm(dim=1).mean() == pytest.approx(0.7, abs=0.02)


@pytest.mark.cuda
def test_the_whole_script_runs_on_a_gpu_and_counts_its_memory(tmp_path: Path) -> None:
    assert main(arguments(tmp_path, device="cuda", is_compiling=False)) == 0
    parts = json.loads((tmp_path / "gpu.json").read_text("utf-8"))["parts"]
    assert list(parts) == list(PARTS)
    for result in parts["memory"]["results"].values():
        assert all(peak > 0 for peak in result["peaks"].values())


def test_memory_is_measured_with_what_a_job_gives_up_on_the_presets_card() -> None:
    world = World(CPU, "full")
    small, large = (memory.economy_on_card(world, XBIND, card) for card in (16.0, 80.0))
    assert small is not None
    assert large is not None
    assert large.economy == Economy()
    assert small.economy != Economy()
    assert small.forecast.needed <= 16 * GIB


def test_a_journal_is_whole_json_after_every_case(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "gpu.json", origins.origin(World(CPU, "quick")))
    journal.keep("kernels", "one", Number(2.0), 0.5)
    assert json.loads(journal.path.read_text("utf-8"))["parts"]["kernels"]["results"] == {"one": {"value": 2.0}}
    assert [each.name for each in tmp_path.iterdir()] == ["gpu.json"]


def test_the_quick_size_has_the_papers_losses() -> None:
    world = World(CPU, "quick")
    for quick, full in zip(world.paper.phases, XBIND.phases, strict=True):
        assert [weighted.loss.name for weighted in quick.losses] == [weighted.loss.name for weighted in full.losses]
