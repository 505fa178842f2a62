"""The eps/v conversion and guidance, against diffusers' scheduler and by hand."""

import pytest
import torch
from any_to_3d.backend.models.guidance import guided
from any_to_3d.backend.models.parameterisation import clean_estimate, network_input, prediction_type_named
from any_to_3d.backend.models.schedule import NoiseSchedule
from diffusers import DDPMScheduler
from torch import Tensor

LEVELS = torch.tensor([0, 20, 300, 500, 980, 999])


def scheduler(prediction_type: str) -> DDPMScheduler:
    return DDPMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type=prediction_type,
        clip_sample=False,
    )


@pytest.fixture
def latents() -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    return torch.randn(6, 4, 3, 3, generator=rng), torch.randn(6, 4, 3, 3, generator=rng)


def test_network_input_is_the_variance_preserving_latent(latents: tuple[Tensor, Tensor]) -> None:
    clean, noise = latents
    sigma = NoiseSchedule.scaled_linear().sigma(LEVELS)
    noisy = clean + sigma[:, None, None, None] * noise
    expected = scheduler("epsilon").add_noise(clean, noise, LEVELS)
    torch.testing.assert_close(network_input(noisy, sigma), expected, atol=1e-5, rtol=1e-5)


def test_clean_estimate_inverts_diffusers_velocity_and_noise(latents: tuple[Tensor, Tensor]) -> None:
    clean, noise = latents
    sigma = NoiseSchedule.scaled_linear().sigma(LEVELS)
    noisy = clean + sigma[:, None, None, None] * noise
    velocity = scheduler("v_prediction").get_velocity(clean, noise, LEVELS)
    from_velocity = clean_estimate("v_prediction", velocity, noisy, sigma)
    torch.testing.assert_close(from_velocity, clean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(clean_estimate("epsilon", noise, noisy, sigma), clean, atol=1e-5, rtol=1e-5)
    implied_noise = (noisy - from_velocity) / sigma[:, None, None, None]
    # Noise is divided by sigma, 0.03 at the first level: rounding grows by as much.
    torch.testing.assert_close(implied_noise, noise, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_clean_estimate_is_the_schedulers_own_for_any_output(kind: str, latents: tuple[Tensor, Tensor]) -> None:
    noisy, output = latents
    reference, schedule = scheduler(kind), NoiseSchedule.scaled_linear()
    for level in (20, 500):
        sigma = schedule.sigma(torch.tensor([level]))
        expected = reference.step(output[:1], level, network_input(noisy[:1], sigma)).pred_original_sample
        actual = clean_estimate(prediction_type_named(kind, "test"), output[:1], noisy[:1], sigma)
        torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-5)


def test_a_prediction_type_we_do_not_know_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"scheduler_config.json: prediction_type is 'sample'.*epsilon, v_prediction"):
        prediction_type_named("sample", "scheduler_config.json")


def test_guidance_leaves_the_unconditional_estimate_behind() -> None:
    unconditional, conditional = torch.full((1, 1, 1, 1), 2.0), torch.full((1, 1, 1, 1), 3.0)
    values = [guided(unconditional, conditional, scale).item() for scale in (0.0, 1.0, 10.0)]
    assert values == [2.0, 3.0, 12.0]


def test_schedule_has_the_published_levels_and_finds_each_again() -> None:
    schedule = NoiseSchedule.scaled_linear()
    published = torch.tensor([0.98131, 0.59050, 0.27633, 0.00584, 0.00466], dtype=torch.float64)
    torch.testing.assert_close(schedule.alphas_cumprod[[20, 300, 500, 980, 999]], published, atol=1e-5, rtol=0)
    every_level = torch.arange(1000)
    assert torch.equal(schedule.timestep(schedule.sigma(every_level)), every_level)
