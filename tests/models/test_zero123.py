"""The Zero-1-to-3 wrapper: camera change, token, reference latents, and both folder layouts."""

import json
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.load import load_zero123
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.view_features import view_features
from any_to_3d.backend.models.zero123 import Zero123Prior, camera_change
from any_to_3d.shared.conventions import camera_position
from safetensors.torch import load_file, save_file
from tiny_checkpoints import CROSS, EMBEDDING, Cameras, cameras, save_zero123
from torch import Tensor, nn

CPU = torch.device("cpu")


@pytest.fixture
def condition() -> Condition:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    return Condition(
        F.normalize(torch.ones(1, EMBEDDING), dim=1), reference_image=image, reference_view=cameras((5, 0))
    )


def inputs_seen(prior: Zero123Prior, condition: Condition, views: Cameras, scale: float) -> dict[str, Tensor]:
    seen: dict[str, Tensor] = {}

    def note(_: nn.Module, positional: tuple[Tensor, Tensor], named: dict[str, Tensor]) -> None:
        seen.update(sample=positional[0], token=named["encoder_hidden_states"], label=named["class_labels"])

    hook = prior.unet.register_forward_pre_hook(note, with_kwargs=True)
    noisy = torch.ones(len(views.azimuth), 4, 8, 8)
    prior.denoise(noisy, torch.full((len(noisy),), 2.0), prior.prepare(condition), views, scale)
    hook.remove()
    return seen


def test_camera_change_of_a_climb_to_the_right() -> None:
    change = camera_change(cameras((0, 0), distance=2.5), cameras((30, 90), distance=3.0))
    torch.testing.assert_close(change, torch.tensor([[-math.pi / 6, 1.0, 0.0, 0.5]]), atol=1e-6, rtol=0)


def test_camera_change_is_the_same_across_the_seam_of_the_azimuth() -> None:
    across, plain = (camera_change(cameras((0, a)), cameras((0, b))) for a, b in ((350, 10), (0, 20)))
    torch.testing.assert_close(across, plain, atol=1e-6, rtol=0)


@pytest.mark.parametrize("azimuth", [-40, 40])
def test_a_positive_sine_means_that_the_objects_front_moves_left_in_the_picture(azimuth: int) -> None:
    front_mark = camera_position(1.0, 0.0, 0.0)
    # A camera's +X axis is where a camera a quarter turn further round would stand.
    right = camera_position(1.0, 0.0, math.radians(azimuth + 90))
    sine = camera_change(cameras((0, 0)), cameras((0, azimuth)))[0, 1]
    assert math.copysign(1, sine) == -math.copysign(1, float(front_mark @ right))


def test_network_sees_scaled_noise_beside_the_unscaled_reference(zero123: Zero123Prior, condition: Condition) -> None:
    seen = inputs_seen(zero123, condition, cameras((0, 10), (0, 80)), 1.0)
    assert condition.reference_image is not None
    reference = zero123.codec.unscaled_mode(condition.reference_image)
    torch.testing.assert_close(seen["sample"][:, :4], torch.full((2, 4, 8, 8), 1 / math.sqrt(5)))
    torch.testing.assert_close(seen["sample"][:, 4:], reference.expand(2, -1, -1, -1))
    assert seen["label"] is None


def test_token_projects_the_raw_embedding_and_the_camera_change(
    zero123: Zero123Prior, zero123_folder: Path, condition: Condition
) -> None:
    views = cameras((0, 10), (20, 80))
    seen = inputs_seen(zero123, condition, views, 1.0)
    layer = load_file(zero123_folder / "clip_camera_projection" / "diffusion_pytorch_model.safetensors")
    assert condition.reference_image is not None
    raw = zero123.vision.raw_embedding(condition.reference_image)
    parts = torch.cat([raw.expand(2, -1), camera_change(cameras((5, 0)), views)], dim=1)
    expected = parts @ layer["proj.weight"].T + layer["proj.bias"]
    torch.testing.assert_close(seen["token"][:, 0], expected, atol=1e-5, rtol=1e-5)
    assert (raw.norm() - 1).abs() > 0.01


def test_unconditional_half_has_zero_token_and_zero_reference(zero123: Zero123Prior, condition: Condition) -> None:
    seen = inputs_seen(zero123, condition, cameras((0, 90)), 5.0)
    assert torch.equal(seen["token"][0], torch.zeros(1, CROSS))
    assert torch.equal(seen["sample"][0, 4:], torch.zeros(4, 8, 8))
    assert seen["token"][1].abs().max() > 0
    torch.testing.assert_close(seen["sample"][0, :4], seen["sample"][1, :4])


def test_guidance_is_affine_in_its_scale(zero123: Zero123Prior, condition: Condition) -> None:
    prepared, noisy, sigma = zero123.prepare(condition), torch.randn(1, 4, 8, 8), torch.ones(1)
    none, one, five = (zero123.denoise(noisy, sigma, prepared, cameras((0, 90)), scale) for scale in (0.0, 1.0, 5.0))
    torch.testing.assert_close(five, none + 5 * (one - none), atol=1e-4, rtol=1e-4)


def test_a_condition_without_reference_view_says_what_to_do(zero123: Zero123Prior) -> None:
    with pytest.raises(ValueError, match="needs a reference view and the condition has none; sample one"):
        zero123.prepare(Condition(torch.ones(1, EMBEDDING)))


def test_both_published_layouts_load_alike(zero123: Zero123Prior, condition: Condition, tmp_path: Path) -> None:
    save_zero123(tmp_path, "cc_projection")
    other = load_zero123(tmp_path, CPU)
    noisy, sigma, views = torch.randn(1, 4, 8, 8), torch.ones(1), cameras((0, 90))
    estimates = [prior.denoise(noisy, sigma, prior.prepare(condition), views, 3.0) for prior in (zero123, other)]
    torch.testing.assert_close(*estimates)


def test_builtin_label_carries_the_turn_both_elevations_and_the_reference(condition: Condition, tmp_path: Path) -> None:
    save_zero123(tmp_path, class_width=6 * 2 + EMBEDDING)
    fields = {"pose": {"harmonics": 2, "gain": 1.4}, "embedding": "unit", "label_embedding_scale": 11.3}
    (tmp_path / "conditioning.json").write_text(json.dumps(fields))
    prior = load_zero123(tmp_path, CPU)
    views = cameras((0, 10), (20, 80))
    seen = inputs_seen(prior, condition, views, 2.0)
    assert condition.reference_image is not None
    unit = prior.vision.embed_image(condition.reference_image).expand(2, -1)
    reference_elevation = torch.full((2,), math.radians(5))
    pose = view_features([views.azimuth, 2 * views.elevation, 2 * reference_elevation], 2, 1.4)
    torch.testing.assert_close(seen["label"][2:], torch.cat([pose, 11.3 * unit], dim=1), atol=1e-5, rtol=1e-5)
    assert torch.equal(seen["label"][:2], torch.zeros(2, 12 + EMBEDDING))
    parts = torch.cat([unit, camera_change(cameras((5, 0)), views)], dim=1)
    torch.testing.assert_close(seen["token"][2:, 0], prior.camera_projection(parts), atol=1e-5, rtol=1e-5)


def test_conditioning_of_another_size_is_refused(tmp_path: Path) -> None:
    save_zero123(tmp_path, class_width=6 * 2 + EMBEDDING)
    fields = {"pose": {"harmonics": 3, "gain": 1.4}, "embedding": "unit", "label_embedding_scale": 11.3}
    (tmp_path / "conditioning.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=r"3 harmonics of three angles and an embedding of 16 make 34 numbers.*has 28"):
        load_zero123(tmp_path, CPU)


def test_a_projection_of_two_layers_is_refused(tmp_path: Path) -> None:
    save_zero123(tmp_path)
    file = tmp_path / "clip_camera_projection" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    save_file({**tensors, "second.weight": torch.ones(2, 2)}, file)
    with pytest.raises(ValueError, match=r"expected one linear layer with weight and bias, got proj.bias, proj.weight"):
        load_zero123(tmp_path, CPU)
