import pytest
import torch
from any_to_3d.backend.kernels.hash_grid import HashGridConfig, grid_levels
from kernel_meshes import ALL, CPU, REFERENCE, relative_error

ONE_DENSE_LEVEL = HashGridConfig(levels=1, log2_table_size=6, base_resolution=4)
SMALL = HashGridConfig(levels=5, log2_table_size=10, base_resolution=4, per_level_scale=1.6)


def counting_grid(kernels, config):
    """A grid whose entry i holds (i, -i)."""
    grid = kernels.hash_grid(config)
    entry = torch.arange(len(grid.table)).float()
    grid.table.data = torch.stack([entry, -entry], dim=1)
    return grid


def test_the_default_grid_has_the_parameter_count_of_tiny_cuda_nn():
    last = grid_levels(HashGridConfig())[-1]
    assert (last.offset + last.entries) * 2 == 12_599_920
    assert last.resolution == 4096


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ([0.5, 0.5, 0.5], 42),  # at 0.5 * 3 + 0.5 = 2 on each axis: 2 + 4 (2 + 4 * 2)
        ([0.5, 0.5, 1 / 3], 34),  # halfway from z = 1 (26) to z = 2 (42)
        ([1.0, 0.5, 0.5], 43.5),  # halfway from x = 3 (43) to x = 4, which wraps into the next row (44)
        ([7.0, 0.5, 0.5], 43.5),  # moved to the side of the box
    ],
)
def test_dense_entries_are_interpolated(kernels, point, expected):
    code = counting_grid(kernels, ONE_DENSE_LEVEL)(torch.tensor([point]))
    torch.testing.assert_close(code, torch.tensor([[expected, -expected]], dtype=torch.float32))


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_hashed_entries_use_the_primes_modulo_the_table_size(kernels):
    grid = counting_grid(kernels, HashGridConfig(levels=1, log2_table_size=3, base_resolution=4))
    # The primes are 1, 1 and 5 modulo 8, so vertex (2, 2, 2) is entry 2 ^ 2 ^ 10 modulo 8 = 2.
    torch.testing.assert_close(grid(torch.full((1, 3), 0.5)), torch.tensor([[2.0, -2.0]]))


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_inactive_levels_give_zero_and_learn_nothing(kernels):
    grid = kernels.hash_grid(SMALL)
    grid.set_active_levels(2)
    code = grid(torch.rand(50, 3))
    code.sum().backward()
    boundary = grid.grid_levels[2].offset
    assert code[:, :4].abs().sum() > 0
    assert code[:, 4:].eq(0).all()
    assert grid.table.grad[:boundary].abs().sum() > 0
    assert grid.table.grad[boundary:].eq(0).all()


def test_the_reference_gradients_agree_with_finite_differences():
    config = HashGridConfig(levels=2, log2_table_size=4, base_resolution=3, per_level_scale=1.5)
    grid = REFERENCE.hash_grid(config).double()
    points = torch.rand(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()

    def encode(points, table):
        return torch.func.functional_call(grid, {"table": table}, points)

    table = torch.rand_like(grid.table).requires_grad_()
    assert torch.autograd.gradcheck(encode, (points, table))


@pytest.mark.parametrize("threads", [1, 2])
def test_the_fast_grid_matches_the_reference_through_a_shared_state_dict(threads, torch_threads):
    torch_threads(threads)
    reference, fast = REFERENCE.hash_grid(SMALL), CPU.hash_grid(SMALL)
    reference.set_active_levels(4)
    fast.load_state_dict(reference.state_dict())
    points = torch.rand(3, 999).t()  # not contiguous
    weight = torch.randn(999, 10)
    codes = [grid(points) for grid in (reference, fast)]
    for code in codes:
        (code * weight).sum().backward()
    assert relative_error(codes[1], codes[0]) < 1e-6
    assert relative_error(fast.table.grad, reference.table.grad) < 1e-5


def test_the_fast_grid_gives_gradients_to_points_that_ask_for_them():
    fast = CPU.hash_grid(SMALL)
    points = torch.rand(8, 3, requires_grad=True)
    fast(points).sum().backward()
    assert points.grad.abs().sum() > 0


def test_a_nan_point_stays_visible_and_reads_no_foreign_memory():
    code = CPU.hash_grid(SMALL)(torch.tensor([[float("nan"), 0.5, 0.5], [0.5, 0.5, 0.5]]))
    assert code[0].isnan().all()
    assert code[1].isfinite().all()


def test_no_points_give_no_codes():
    assert CPU.hash_grid(SMALL)(torch.empty(0, 3)).shape == (0, 10)


def test_an_impossible_level_count_is_refused():
    with pytest.raises(ValueError, match=r"has 5 levels, got 6; use 0\.\.5"):
        CPU.hash_grid(SMALL).set_active_levels(6)


def test_the_fast_grid_names_the_alternative_for_other_feature_counts():
    with pytest.raises(ValueError, match="got 4; use 'reference'"):
        CPU.hash_grid(HashGridConfig(features=4))
