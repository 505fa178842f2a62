"""Volume rendering on a CPU: one fused numba pass over each ray, forwards and backwards."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from .compiled import compiled, for_each
from .composite import Composite

RAYS_PER_BAND = 1024
"""Rays given to a thread at a time; a band is about a millisecond's work."""


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
        arrays = [tensor.numpy() for tensor in (*inputs, accumulated, weights, alpha, depth)]
        _in_bands(lambda first, last: _forward(*(array[first:last] for array in arrays)), rays)
        ctx.save_for_backward(*inputs, weights)
        return accumulated, weights, alpha, depth

    @staticmethod
    @once_differentiable
    def backward(ctx, *incoming: Tensor) -> tuple[Tensor, ...]:
        saved = ctx.saved_tensors
        gradients = [torch.empty_like(tensor) for tensor in saved[:4]]
        arrays = [tensor.contiguous().numpy() for tensor in (*saved, *incoming, *gradients)]
        _in_bands(lambda first, last: _backward(*(array[first:last] for array in arrays)), len(saved[0]))
        return tuple(gradients)


def _in_bands(kernel, rays: int) -> None:
    bands = math.ceil(rays / RAYS_PER_BAND)
    for_each(lambda band: kernel(band * RAYS_PER_BAND, min((band + 1) * RAYS_PER_BAND, rays)), bands)


@compiled
def _forward(sigma, delta, values, z, accumulated, weights, alpha, depth):
    accumulated[:] = 0
    alpha[:] = 0
    depth[:] = 0
    for r in range(sigma.shape[0]):
        optical_depth = 0.0
        for s in range(sigma.shape[1]):
            tau = sigma[r, s] * delta[r, s]
            if tau == 0:
                weights[r, s] = 0
                continue
            weight = math.exp(-optical_depth) * -math.expm1(-tau)
            optical_depth += tau
            weights[r, s] = weight
            alpha[r, 0] += weight
            depth[r, 0] += weight * z[r, s]
            for c in range(values.shape[2]):
                accumulated[r, c] += weight * values[r, s, c]


@compiled
def _backward(
    sigma,
    delta,
    values,
    z,
    weights,
    accumulated_gradient,
    weights_gradient,
    alpha_gradient,
    depth_gradient,
    sigma_gradient,
    delta_gradient,
    values_gradient,
    z_gradient,
):
    """From the last sample to the first: dL/dtau_i = g_i T_{i+1} - sum_{j>i} g_j w_j, where g_i = dL/dw_i."""
    for r in range(sigma.shape[0]):
        optical_depth = 0.0
        for s in range(sigma.shape[1]):
            optical_depth += sigma[r, s] * delta[r, s]
        transmittance = math.exp(-optical_depth)
        behind = 0.0
        for s in range(sigma.shape[1] - 1, -1, -1):
            tau = sigma[r, s] * delta[r, s]
            weight = weights[r, s]
            per_weight = weights_gradient[r, s] + alpha_gradient[r, 0] + depth_gradient[r, 0] * z[r, s]
            for c in range(values.shape[2]):
                per_weight += accumulated_gradient[r, c] * values[r, s, c]
                values_gradient[r, s, c] = accumulated_gradient[r, c] * weight
            per_tau = per_weight * transmittance - behind
            sigma_gradient[r, s] = per_tau * delta[r, s]
            delta_gradient[r, s] = per_tau * sigma[r, s]
            z_gradient[r, s] = depth_gradient[r, 0] * weight
            if tau != 0:
                behind += per_weight * weight
                optical_depth -= tau
                transmittance = math.exp(-optical_depth)
