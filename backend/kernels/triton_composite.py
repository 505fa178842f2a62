"""Volume rendering on a GPU: whole rays in one Triton program, one launch forwards and one backwards."""

import torch
import triton
import triton.language as tl
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from .composite import Composite
from .triton_compiled import DeviceFunction, device_function, launch

SAMPLES_PER_PROGRAM = 1024
"""A program takes as many rays as fit, at least one."""


def composite(
    sigma: Float[Tensor, "R S"],
    delta: Float[Tensor, "R S"],
    values: Float[Tensor, "R S C"],
    z: Float[Tensor, "R S"],
) -> Composite:
    """As composite.composite: same arguments, results and gradients (first derivatives only)."""
    return _Composite.apply(sigma, delta, values, z)


class _Composite(torch.autograd.Function):
    @staticmethod
    def forward(ctx, sigma: Tensor, delta: Tensor, values: Tensor, z: Tensor) -> tuple[Tensor, ...]:
        inputs = [tensor.detach().contiguous() for tensor in (sigma, delta, values, z)]
        rays, samples, channels = values.shape
        accumulated, weights = sigma.new_empty(rays, channels), sigma.new_empty(rays, samples)
        alpha, depth = sigma.new_empty(rays, 1), sigma.new_empty(rays, 1)
        _launch(_forward, *inputs, accumulated, weights, alpha, depth)
        ctx.save_for_backward(*inputs, weights)
        return accumulated, weights, alpha, depth

    @staticmethod
    @once_differentiable
    def backward(ctx, *incoming: Tensor) -> tuple[Tensor, ...]:
        saved = ctx.saved_tensors
        gradients = [torch.empty_like(tensor) for tensor in saved[:4]]
        _launch(_backward, *saved, *(tensor.contiguous() for tensor in incoming), *gradients)
        return tuple(gradients)


def _launch(kernel: DeviceFunction, sigma: Tensor, delta: Tensor, values: Tensor, *others: Tensor) -> None:
    rays, samples, channels = values.shape
    padded = triton.next_power_of_2(samples)
    rays_each = max(1, SAMPLES_PER_PROGRAM // padded)
    grid = (triton.cdiv(rays, rays_each),)
    launch(kernel, grid, sigma, delta, values, *others, rays, samples, channels, rays_each, padded)


@device_function()
def _places(ray_count, samples, RAYS: tl.constexpr, SAMPLES: tl.constexpr):
    """This program's rays and its samples' places in memory, and which of both there are."""
    ray = tl.program_id(0).to(tl.int64) * RAYS + tl.arange(0, RAYS)
    sample = tl.arange(0, SAMPLES)
    is_ray = ray < ray_count
    is_sample = is_ray[:, None] & (sample < samples)[None, :]
    return ray, is_ray, sample[None, :], ray[:, None] * samples + sample[None, :], is_sample


@device_function()
def _optical_depth(sigma, delta, place, is_read):
    return tl.load(sigma + place, mask=is_read, other=0.0) * tl.load(delta + place, mask=is_read, other=0.0)


@device_function()
def _hidden(tau):
    """1 - exp(-tau), also where tau is so small that the difference would lose its digits."""
    t = tl.minimum(tau, 0.125)
    series = t * (1 - t / 2 * (1 - t / 3 * (1 - t / 4 * (1 - t / 5 * (1 - t / 6 * (1 - t / 7))))))
    return tl.where(tau < 0.125, series, 1 - tl.exp(-tau))


@device_function("ray_count", "samples", "channels")
def _forward(
    sigma, delta, values, z, accumulated, weights, alpha, depth, ray_count, samples, channels,
    RAYS: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    ray, is_ray, sample, place, is_sample = _places(ray_count, samples, RAYS, SAMPLES)
    tau = _optical_depth(sigma, delta, place, is_sample)
    # Shifted by one sample, because a sum less its last term has lost what lay before an opaque sample.
    before = tl.cumsum(_optical_depth(sigma, delta, place - 1, is_sample & (sample > 0)), axis=1)
    weight = tl.exp(-before) * _hidden(tau)
    tl.store(weights + place, weight, mask=is_sample)
    tl.store(alpha + ray, tl.sum(weight, axis=1), mask=is_ray)
    distance = tl.load(z + place, mask=is_sample, other=0.0)
    tl.store(depth + ray, tl.sum(weight * distance, axis=1), mask=is_ray)
    for channel in range(channels):
        value = tl.load(values + place * channels + channel, mask=is_sample, other=0.0)
        tl.store(accumulated + ray * channels + channel, tl.sum(weight * value, axis=1), mask=is_ray)


@device_function("ray_count", "samples", "channels")
def _backward(
    sigma, delta, values, z, weights,
    accumulated_gradient, weights_gradient, alpha_gradient, depth_gradient,
    sigma_gradient, delta_gradient, values_gradient, z_gradient,
    ray_count, samples, channels, RAYS: tl.constexpr, SAMPLES: tl.constexpr,
):  # fmt: skip
    """dL/dtau_i = g_i T_{i+1} - sum_{j>i} g_j w_j, where g_i = dL/dw_i and T_i is what reaches sample i."""
    ray, is_ray, _, place, is_sample = _places(ray_count, samples, RAYS, SAMPLES)
    weight = tl.load(weights + place, mask=is_sample, other=0.0)
    per_depth = tl.load(depth_gradient + ray, mask=is_ray, other=0.0)[:, None]
    per_weight = tl.load(weights_gradient + place, mask=is_sample, other=0.0)
    per_weight += tl.load(alpha_gradient + ray, mask=is_ray, other=0.0)[:, None]
    per_weight += per_depth * tl.load(z + place, mask=is_sample, other=0.0)
    tl.store(z_gradient + place, per_depth * weight, mask=is_sample)
    for channel in range(channels):
        incoming = tl.load(accumulated_gradient + ray * channels + channel, mask=is_ray, other=0.0)[:, None]
        value = place * channels + channel
        per_weight += incoming * tl.load(values + value, mask=is_sample, other=0.0)
        tl.store(values_gradient + value, incoming * weight, mask=is_sample)
    after = tl.exp(-tl.cumsum(_optical_depth(sigma, delta, place, is_sample), axis=1))
    product = per_weight * weight
    per_tau = per_weight * after - (tl.cumsum(product, axis=1, reverse=True) - product)
    tl.store(sigma_gradient + place, per_tau * tl.load(delta + place, mask=is_sample, other=0.0), mask=is_sample)
    tl.store(delta_gradient + place, per_tau * tl.load(sigma + place, mask=is_sample, other=0.0), mask=is_sample)
