"""What the numbers of benchmarks/gpu.py are made of: counted work, laps, tables, and the public formulation."""

import sys
import types
from dataclasses import asdict
from functools import partial

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
from gpu_parts import memory, networks, timing
from gpu_parts.accelerators import ACCELERATORS
from gpu_parts.case import LeftOut
from gpu_parts.journal import PartJournal
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


def test_memory_is_measured_with_what_a_job_gives_up_on_the_presets_card() -> None:
    world = World(CPU, "full")
    small, large = (memory.economy_on_card(world, XBIND, card) for card in (16.0, 80.0))
    assert small is not None
    assert large is not None
    assert large.economy == Economy()
    assert small.forecast.needed <= large.forecast.needed
    assert small.forecast.needed <= 16 * GIB


def test_the_quick_size_has_the_papers_losses() -> None:
    world = World(CPU, "quick")
    for quick, full in zip(world.paper.phases, XBIND.phases, strict=True):
        assert [weighted.loss.name for weighted in quick.losses] == [weighted.loss.name for weighted in full.losses]
