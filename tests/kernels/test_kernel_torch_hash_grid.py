"""What the torch hash grid adds to the tests of all grids: feature counts, precision, chunks, and points that move."""

import pytest
import torch
from any_to_3d.backend.kernels import torch_hash_grid
from any_to_3d.backend.kernels.hash_grid import HashGrid, HashGridConfig
from any_to_3d.backend.kernels.torch_hash_grid import TorchHashGrid


def pair(features: int = 2) -> tuple[TorchHashGrid, HashGrid]:
    """The torch grid and the reference with the same table, in float64."""
    config = HashGridConfig(4, features, 9, 4, 2.0)
    torch.manual_seed(0)
    grids = TorchHashGrid(config).double(), HashGrid(config).double()
    assert [level.is_dense for level in grids[0].grid_levels] == [True, True, False, False]
    with torch.no_grad():
        grids[0].table.normal_()
    grids[1].load_state_dict(grids[0].state_dict())
    return grids


def points(count: int = 300) -> torch.Tensor:
    """Some of them outside the box."""
    return torch.rand(count, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 1.2 - 0.1


def assert_same(grids: tuple[TorchHashGrid, HashGrid]) -> None:
    codes = [grid(points()) for grid in grids]
    weight = torch.randn(codes[0].shape, dtype=torch.float64)
    for code in codes:
        code.backward(weight)
    torch.testing.assert_close(*codes)
    torch.testing.assert_close(*[grid.table.grad for grid in grids])


@pytest.mark.parametrize("features", [1, 2, 3, 4])
def test_codes_and_table_gradients_are_those_of_the_reference(features):
    assert_same(pair(features))


def test_points_in_several_chunks_are_encoded_as_all_at_once(monkeypatch):
    monkeypatch.setattr(torch_hash_grid, "CPU_CHUNK", 7)
    assert_same(pair())


def test_levels_that_are_off_are_those_of_the_reference():
    grids = pair()
    for grid in grids:
        grid.set_active_levels(2)
    assert_same(grids)
    assert grids[0].table.grad[grids[0].grid_levels[2].offset :].eq(0).all()


def test_points_that_need_a_gradient_get_that_of_the_reference():
    moving = [points().requires_grad_() for _ in range(2)]
    gradients = [torch.autograd.grad(grid(x).sum(), x)[0] for grid, x in zip(pair(), moving, strict=True)]
    torch.testing.assert_close(*gradients)
    assert gradients[0].abs().sum() > 0


def test_a_nan_point_stays_visible_and_reads_no_foreign_memory():
    grid, _ = pair()
    code = grid(torch.tensor([[float("nan"), 0.5, 0.5], [0.5, 0.5, 0.5]], dtype=torch.float64))
    assert code[0].isnan().all()
    assert code[1].isfinite().all()


def test_no_points_give_no_codes_and_an_empty_gradient():
    grid, _ = pair()
    code = grid(points(0))
    code.sum().backward()
    assert code.shape == (0, 8)
    assert grid.table.grad.eq(0).all()
