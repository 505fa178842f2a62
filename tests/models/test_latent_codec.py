"""Images to latents and back, for both of diffusers' autoencoders."""

import pytest
import torch
from any_to_3d.backend.models.latent_codec import LatentCodec
from tiny_checkpoints import autoencoder, tiny_autoencoder


@pytest.fixture
def image() -> torch.Tensor:
    return torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def frozen(network: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(0)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("network", [autoencoder, tiny_autoencoder])
def test_sizes_follow_from_the_networks_levels(network: type) -> None:
    codec = LatentCodec(frozen(network()), 24)
    latents = codec.encode(torch.rand(1, 3, 40, 30))
    assert latents.shape[1:] == codec.latent_shape == (4, 12, 12)
    assert codec.decode(latents).shape == (1, 3, 24, 24)


def test_an_image_size_between_latents_is_refused() -> None:
    with pytest.raises(ValueError, match="image size 15 is not a multiple of the autoencoder's down-sampling, 2"):
        LatentCodec(autoencoder(), 15)


def test_mode_is_diffusers_own_scaled(image: torch.Tensor) -> None:
    network = frozen(autoencoder())
    codec = LatentCodec(network, 16)
    mode = network.encode(2 * image - 1).latent_dist.mode()
    torch.testing.assert_close(codec.encode(image), 0.18215 * mode)
    torch.testing.assert_close(codec.unscaled_mode(image), mode)


def test_tiny_autoencoder_uses_the_same_ranges(image: torch.Tensor) -> None:
    network = frozen(tiny_autoencoder())
    codec = LatentCodec(network, 16)
    # Its layers see [0, 1]: the wrapper of diffusers undoes the [-1, 1] that every autoencoder is given.
    torch.testing.assert_close(codec.encode(image), 0.7 * network.encoder.layers(image))


def test_posterior_samples_follow_their_generator(image: torch.Tensor) -> None:
    codec = LatentCodec(frozen(autoencoder()), 16)
    first, again, other = (codec.encode(image, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_posterior_samples_have_its_mean_and_deviation() -> None:
    network = frozen(autoencoder())
    codec = LatentCodec(network, 16)
    image = torch.rand(1, 3, 16, 16).expand(400, -1, -1, -1)
    posterior = network.encode(2 * image[:1] - 1).latent_dist
    samples = codec.encode(image, torch.Generator().manual_seed(0)) / 0.18215
    torch.testing.assert_close(samples.std(0, keepdim=True), posterior.std, rtol=0.2, atol=0)
    assert ((samples.mean(0) - posterior.mean[0]).abs() < 5 * posterior.std[0] / 20).all()


@pytest.mark.parametrize("network", [autoencoder, tiny_autoencoder])
def test_decoded_images_stay_in_range(network: type) -> None:
    codec = LatentCodec(frozen(network()), 16)
    image = codec.decode(50 * torch.randn(1, *codec.latent_shape))
    assert image.min() >= 0
    assert image.max() <= 1
    assert image.dtype == torch.float32


@pytest.mark.parametrize("network", [autoencoder, tiny_autoencoder])
def test_gradients_reach_the_image_and_no_weight(network: type) -> None:
    weights = frozen(network())
    image = torch.rand(1, 3, 20, 20, requires_grad=True)
    LatentCodec(weights, 16).encode(image).square().sum().backward()
    assert image.grad is not None
    assert (image.grad.abs().amax(dim=1) > 0).float().mean() > 0.9
    assert all(weight.grad is None for weight in weights.parameters())


def test_half_precision_networks_still_give_float32_latents(image: torch.Tensor) -> None:
    codec = LatentCodec(frozen(autoencoder()).to(torch.bfloat16), 16)
    latents = codec.encode(image)
    assert latents.dtype == torch.float32
    assert codec.decode(latents).dtype == torch.float32
