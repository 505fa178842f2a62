import math

import pytest
import torch
from kernel_meshes import ALL, BOTH, CPU, REFERENCE, relative_error


def random_rays(rays, samples, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    sigma, delta, z = (torch.rand(rays, samples, dtype=dtype, generator=generator) for _ in range(3))
    masked = torch.rand(rays, samples, generator=generator) < 0.5
    values = torch.rand(rays, samples, 3, dtype=dtype, generator=generator)
    return [(8 * sigma).masked_fill(masked, 0), delta, values, z]


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_two_samples_composite_as_computed_by_hand(kernels):
    half = math.log(2)  # optical depth of a sample that hides half
    sigma, delta = torch.tensor([[half, 2 * half]]), torch.tensor([[1.0, 0.5]])
    values, z = torch.tensor([[[1.0], [3.0]]]), torch.tensor([[2.0, 4.0]])
    accumulated, weights, alpha, depth = kernels.composite(sigma, delta, values, z)
    torch.testing.assert_close(weights, torch.tensor([[0.5, 0.25]]))
    torch.testing.assert_close(torch.cat([accumulated, alpha, depth], dim=1), torch.tensor([[1.25, 0.75, 2.0]]))


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_constant_density_hides_by_its_optical_depth_however_it_is_cut(kernels):
    for samples in (1, 7, 64):
        shape = (1, samples)
        delta = torch.full(shape, 2.0 / samples)
        alpha = kernels.composite(torch.full(shape, 0.7), delta, torch.zeros(1, samples, 1), torch.zeros(shape))[2]
        assert float(alpha) == pytest.approx(1 - math.exp(-0.7 * 2), rel=1e-5)


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_an_opaque_sample_hides_all_behind_it_without_nan(kernels):
    sigma = torch.tensor([[1e6, 1e6, 0.0]], requires_grad=True)
    values = torch.tensor([[[1.0], [9.0], [9.0]]])
    accumulated = kernels.composite(sigma, torch.ones(1, 3), values, torch.ones(1, 3))[0]
    accumulated.sum().backward()
    assert float(accumulated.detach()) == 1
    assert sigma.grad.isfinite().all()


@pytest.mark.parametrize("kernels", BOTH, ids=lambda kernels: kernels.name)
def test_gradients_agree_with_finite_differences(kernels):
    inputs = [tensor.requires_grad_() for tensor in random_rays(3, 4, torch.float64)]
    assert torch.autograd.gradcheck(kernels.composite, inputs)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_fast_twin_matches_the_reference(threads, torch_threads):
    torch_threads(threads)
    results = []
    for kernels in (REFERENCE, CPU):
        inputs = [tensor.requires_grad_() for tensor in random_rays(2500, 16)]
        outputs = kernels.composite(*inputs)
        sum((output * (i + 1)).square().sum() for i, output in enumerate(outputs)).backward()
        results.append([*outputs, *(tensor.grad for tensor in inputs)])
    for expected, got in zip(*results, strict=True):
        assert relative_error(got, expected) < 1e-5


def test_the_fast_twin_reads_strided_input():
    sigma, delta, values, z = random_rays(10, 6)
    strided = [sigma.t().contiguous().t(), delta[:, :1].expand(-1, 6), values.flip(2).flip(2), z]
    for got, expected in zip(CPU.composite(*strided), REFERENCE.composite(sigma, strided[1], values, z), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("needing", [(0,), (1, 3), (2,), (0, 2)])
@pytest.mark.parametrize("used", [(0,), (0, 1), (0, 2, 3)])
def test_gradients_of_some_inputs_through_some_results_match_the_reference(needing, used):
    gradients = []
    for kernels in (REFERENCE, CPU):
        inputs = [tensor.requires_grad_(i in needing) for i, tensor in enumerate(random_rays(20, 8, torch.float64))]
        outputs = kernels.composite(*inputs)
        total = sum((outputs[i] * (i + 1)).square().sum() for i in used)
        wanted = [inputs[i] for i in needing]
        gradients.append(torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True))
    torch.testing.assert_close(gradients[1], gradients[0])
