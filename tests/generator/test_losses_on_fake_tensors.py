"""The losses run on tensors that have shapes and no values: they read none on the host, and their work is countable.

On a GPU, reading a value makes the host wait for all that was queued before it; fake tensors raise
DataDependentOutputException there instead. The counts are of the full-size networks, 2 operations per multiply-add.
"""

import pytest
import torch
from any_to_3d.backend.generator.losses.modality_similarity import ModalitySimilarity
from any_to_3d.backend.generator.losses.reference_view import ReferenceView
from any_to_3d.backend.generator.losses.term import Loss
from any_to_3d.backend.generator.losses.volume import NormalSmoothness, ZVariance
from any_to_3d.backend.generator.recipes.xbind import PLANAR_CDS, PLANAR_SDS, STEREO_SDS
from any_to_3d.backend.generator.rendering.view import RaySamples, View
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.protocols import Condition, Signal
from any_to_3d.backend.models.random_networks import NARROW, PUBLISHED, NetworkShapes, random_networks
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from toy_world import camera_at

CPU = torch.device("cpu")
FIELD_TERAFLOPS = {"coarse": 0.28, "geometry": 0.05, "texture": 0.02}
"""Rendering's own share of a step, which has no network in it: measured apart when the totals were published."""


@pytest.fixture(scope="module")
def fake() -> FakeTensorMode:
    return FakeTensorMode()


@pytest.fixture(scope="module")
def narrow(fake: FakeTensorMode) -> Runtime:
    with fake:
        return a_runtime(NARROW)


def a_runtime(shapes: NetworkShapes) -> Runtime:
    networks = random_networks(CPU, shapes=shapes)
    return Runtime(
        CPU, select_kernels("auto", CPU)[0], networks.planar, networks.stereo, networks.joint, networks.joint
    )


def a_condition(width: int) -> Condition:
    mask = torch.ones(1, 1, 64, 64)
    return Condition(torch.ones(1, width), "a chair", "", torch.rand(1, 3, 64, 64), mask, camera_at(0, 0))


def a_view(size: int) -> View:
    images = [torch.rand(1, channels, size, size, requires_grad=True) for channels in (3, 1, 3)]
    rays = RaySamples(torch.rand(9, 5, requires_grad=True), torch.rand(9, 5))
    return View(camera_at(10, 40), rgb=images[0], alpha=images[1], normal=images[2], rays=rays)


@pytest.mark.parametrize(
    "loss",
    [
        PLANAR_SDS,
        STEREO_SDS,
        PLANAR_CDS,
        ModalitySimilarity(),
        ReferenceView(),
        ZVariance(),
        NormalSmoothness("differences"),
        NormalSmoothness("blur"),
    ],
    ids=lambda loss: f"{loss.name} {type(loss).__name__}",
)
def test_a_loss_and_its_gradient_read_no_value(fake: FakeTensorMode, narrow: Runtime, loss: Loss) -> None:
    with fake:
        bound = loss.bind(narrow, a_condition(NARROW.joint_vision.embedding_width), "rgb")
        value = bound(a_view(48), 0.5)
        value.backward()
    assert value.shape == ()


def cost(loss: Loss, runtime: Runtime, guide: Signal) -> float:
    """TFLOP of one use on one view, gradient to the image included; the condition is prepared beforehand."""
    bound = loss.bind(runtime, a_condition(1024), guide)
    view = a_view(512)
    # The counter does not know the CPU's fused attention.
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        bound(view, 0.5).backward()
    return counter.get_total_flops() / 1e12


@pytest.mark.slow
def test_a_step_of_each_phase_does_the_published_amount_of_work(fake: FakeTensorMode) -> None:
    """Encoding with gradient, guided U-Nets, decoding, the 3D-aware prior and six CLIP passes, and nothing else."""
    with fake:
        runtime = a_runtime(PUBLISHED)
        costs = {
            "sds": cost(PLANAR_SDS, runtime, "rgb"),
            "cds": cost(PLANAR_CDS, runtime, "normal"),
            "stereo": cost(STEREO_SDS, runtime, "rgb"),
            "similarity": cost(ModalitySimilarity(), runtime, "rgb"),
        }
    expected = {"sds": 2.27 + 1.61 + 2.52, "cds": 2.27 + 3.22, "stereo": 0.90, "similarity": 4.08}
    assert costs == pytest.approx(expected, rel=0.01)
    everywhere = costs["stereo"] + costs["similarity"]
    assert costs["sds"] + everywhere + FIELD_TERAFLOPS["coarse"] == pytest.approx(11.7, rel=0.01)
    assert costs["cds"] + everywhere + FIELD_TERAFLOPS["geometry"] == pytest.approx(10.5, rel=0.01)
    assert costs["sds"] + everywhere + FIELD_TERAFLOPS["texture"] == pytest.approx(11.4, rel=0.01)
