"""Volume rendering on a CPU: one fused numba pass over each ray, forwards and backwards."""

import math

import numpy as np
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
        ctx.set_materialize_grads(False)
        return accumulated, weights, alpha, depth

    @staticmethod
    @once_differentiable
    def backward(ctx, *incoming: Tensor | None) -> tuple[Tensor | None, ...]:
        """Gradients of the inputs that need one. The others, and a missing one of the weights, are empty arrays here:
        memory that is not touched is most of the time saved."""
        *inputs, weights = ctx.saved_tensors
        rays, nothing = len(weights), weights.new_empty(len(weights), 0)
        of_colour, of_weights, of_alpha, of_depth = incoming
        arriving = (
            weights.new_zeros(rays, inputs[2].shape[2]) if of_colour is None else of_colour,
            nothing if of_weights is None else of_weights,
            weights.new_zeros(rays, 1) if of_alpha is None else of_alpha,
            weights.new_zeros(rays, 1) if of_depth is None else of_depth,
        )
        gradients = [
            torch.empty_like(tensor) if needed else tensor.new_empty(rays, *[0] * (tensor.ndim - 1))
            for tensor, needed in zip(inputs, ctx.needs_input_grad, strict=True)
        ]
        arrays = [tensor.contiguous().numpy() for tensor in (*inputs, weights, *arriving, *gradients)]
        _in_bands(lambda first, last: _backward(*(array[first:last] for array in arrays)), rays)
        return tuple(
            gradient if needed else None for gradient, needed in zip(gradients, ctx.needs_input_grad, strict=True)
        )


def _in_bands(kernel, rays: int) -> None:
    bands = math.ceil(rays / RAYS_PER_BAND)
    for_each(lambda band: kernel(band * RAYS_PER_BAND, min((band + 1) * RAYS_PER_BAND, rays)), bands)


@compiled
def _forward(sigma, delta, values, z, accumulated, weights, alpha, depth):
    accumulated[:] = 0
    alpha[:] = 0
    depth[:] = 0
    for r in range(sigma.shape[0]):
        transmittance = 1.0
        for s in range(sigma.shape[1]):
            tau = sigma[r, s] * delta[r, s]
            if tau == 0:
                weights[r, s] = 0
                continue
            weight = transmittance * -math.expm1(-tau)
            transmittance -= weight
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
    """From the last sample to the first: dL/dtau_i = g_i T_{i+1} - sum_{j>i} g_j w_j, where g_i = dL/dw_i.

    T_{i+1} is what passes the whole ray plus the weights behind sample i: one exponential a ray, and nothing cancels.
    """
    of_weights, of_values = weights_gradient.shape[1] > 0, values_gradient.shape[1] > 0
    of_sigma, of_delta, of_z = sigma_gradient.shape[1] > 0, delta_gradient.shape[1] > 0, z_gradient.shape[1] > 0
    samples, channels = values.shape[1], values.shape[2]
    per_weight = np.empty(samples)
    for r in range(sigma.shape[0]):
        optical_depth = 0.0
        for s in range(samples):
            optical_depth += sigma[r, s] * delta[r, s]
            per_weight[s] = alpha_gradient[r, 0] + depth_gradient[r, 0] * z[r, s]
        if of_weights:
            for s in range(samples):
                per_weight[s] += weights_gradient[r, s]
        for c in range(channels):
            for s in range(samples):
                per_weight[s] += accumulated_gradient[r, c] * values[r, s, c]
        if of_values:
            for s in range(samples):
                for c in range(channels):
                    values_gradient[r, s, c] = accumulated_gradient[r, c] * weights[r, s]
        if of_z:
            for s in range(samples):
                z_gradient[r, s] = depth_gradient[r, 0] * weights[r, s]
        transmittance = math.exp(-optical_depth)
        behind = 0.0
        for s in range(samples - 1, -1, -1):
            per_tau = per_weight[s] * transmittance - behind
            if of_sigma:
                sigma_gradient[r, s] = per_tau * delta[r, s]
            if of_delta:
                delta_gradient[r, s] = per_tau * sigma[r, s]
            behind += per_weight[s] * weights[r, s]
            transmittance += weights[r, s]
