"""The formulas of activation_memory are what the published networks allocate, at sizes that they were not read from."""

from dataclasses import replace

import activation_memory as counts
import pytest
import torch
from activation_memory import LivingBytes, Row, fake_network
from any_to_3d.backend import activation_memory as predicted
from any_to_3d.backend.activation_memory import Shown
from any_to_3d.backend.generator.losses.modality_similarity import ModalitySimilarity
from any_to_3d.backend.generator.losses.term import Loss
from any_to_3d.backend.generator.recipes.xbind import PLANAR_CDS, PLANAR_SDS, STEREO_SDS
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.published import UNCLIP_UNET, ZERO123_UNET, UNetShape
from any_to_3d.backend.models.random_networks import PUBLISHED, RandomNetworks, random_networks
from toy_world import ORBIT, camera_at

TOLERANCE = 0.03
"""Of a network's prediction; the forecast's own reserve is a tenth."""


def shown(pictures: int, size: int) -> Shown:
    return Shown(pictures, size, number=2, autoencoder_number=2)


def test_what_is_freed_is_no_longer_counted_and_views_count_once() -> None:
    with LivingBytes() as living:
        one = torch.zeros(1000)
        assert living.now == 4000
        two = one[:10] + 1
        assert living.now == 4040
        del one
        assert living.now == 40
        assert living.peak == 4040
    del two


def test_what_was_there_before_does_not_count() -> None:
    weights = torch.zeros(1000)
    with LivingBytes([weights]) as living:
        weights.view(10, 100)
    assert living.peak == 0


@pytest.mark.parametrize(("pictures", "size"), [(1, 384), (3, 512)])
def test_an_encoder_keeps_so_much_of_every_pixel(pictures: int, size: int) -> None:
    expected = predicted.bytes_of_encoding(shown(pictures, size))
    assert counts.encoding(pictures, size) == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize(("pictures", "size"), [(1, 384), (2, 512)])
def test_an_encoder_that_computes_twice_keeps_less(pictures: int, size: int) -> None:
    expected = predicted.bytes_of_encoding(replace(shown(pictures, size), recompute=True))
    assert counts.encoding(pictures, size, recompute=True) == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize(("pictures", "size"), [(1, 640), (3, 256)])
def test_a_decoder_needs_so_much_for_every_pixel(pictures: int, size: int) -> None:
    expected = predicted.bytes_of_decoding(shown(pictures, size))
    assert counts.decoding(pictures, size) == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize(
    ("shape", "pictures", "size"), [(UNCLIP_UNET, 2, 640), (ZERO123_UNET, 3, 256)], ids=["unclip", "zero123"]
)
def test_a_guided_u_net_needs_so_much_for_every_latent(shape: UNetShape, pictures: int, size: int) -> None:
    expected = predicted.bytes_of_denoising(shown(pictures, size))
    assert counts.denoising(shape, pictures, size) == pytest.approx(expected, rel=TOLERANCE)


def test_an_image_tower_keeps_so_much_of_every_picture() -> None:
    assert counts.embedding(3) == pytest.approx(predicted.bytes_of_embedding(shown(3, 224)), rel=TOLERANCE)
    without = counts.embedding(3, has_gradient=False)
    assert without == pytest.approx(predicted.bytes_of_comparing(shown(3, 224)), rel=TOLERANCE)


@pytest.mark.slow
def test_the_rays_of_a_fresh_field_keep_and_need_what_is_predicted_on_a_cpu() -> None:
    """Within a fifth: how many samples show depends on the field's first values, and so on the seed."""
    for row in counts.volume_rows():
        assert row.prediction == pytest.approx(row.count, rel=0.2), row


def test_a_row_shows_megabytes_and_their_ratio() -> None:
    assert str(Row("a view", 200e6, 210e6)).split() == ["a", "view", "200", "210", "MB", "1.050"]


@pytest.fixture(scope="module")
def networks() -> RandomNetworks:
    with fake_network(lambda: torch.nn.Module()):
        return random_networks(torch.device("cpu"), shapes=replace(PUBLISHED, image_size=512))


@pytest.mark.slow
@pytest.mark.parametrize("loss", [PLANAR_SDS, PLANAR_CDS, STEREO_SDS, ModalitySimilarity()], ids=lambda loss: loss.name)
@pytest.mark.parametrize("pictures", [1, 3])
def test_a_whole_loss_needs_what_is_predicted(networks: RandomNetworks, loss: Loss, pictures: int) -> None:
    """From a view to its gradient: what the parts keep meanwhile; that the similarity's passes wait for each other."""
    cpu = torch.device("cpu")
    size = 256 if loss is STEREO_SDS else 512
    world = Runtime(
        cpu, select_kernels("auto", cpu)[0], networks.planar, networks.stereo, networks.joint, networks.joint
    )
    with networks.planar.unet.conv_in.weight.fake_mode:
        image = torch.rand(1, 3, 64, 64)
        condition = Condition(torch.ones(1, 1024), "a chair", "", image, image[:, :1], camera_at(0, 0))
        bound = loss.bind(world, condition, "rgb")
        pixels = torch.rand(pictures, 3, 512, 512, requires_grad=True)
        view = View(ORBIT.sample(pictures, 512, torch.Generator()), rgb=pixels, alpha=torch.rand(pictures, 1, 512, 512))
        modules = (networks.planar.unet, networks.planar.codec.network, networks.stereo.unet)
        modules += (networks.stereo.codec.network, networks.joint.vision.tower)
        with LivingBytes([tensor for module in modules for tensor in module.parameters()]) as living:
            torch.autograd.grad(bound(view, 0.5), pixels)
    assert living.peak == pytest.approx(predicted.bytes_of_loss(loss, shown(pictures, size)), rel=TOLERANCE)
