"""The Triton kernels against the reference: compiled where there is a GPU, interpreted elsewhere (slow: tiny sizes)."""

import pytest
import torch
from any_to_3d.backend.kernels.face_adjacency import face_adjacency
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from any_to_3d.backend.kernels.select import REFERENCE
from kernel_meshes import HAS_TRITON, NO_TRITON, TRITON, bumpy_sphere, project, relative_error

pytestmark = pytest.mark.skipif(not HAS_TRITON, reason=NO_TRITON)

GPU = torch.device("cuda")
HERE = GPU if torch.cuda.is_available() else torch.device("cpu")
SMALL = HashGridConfig(levels=5, log2_table_size=10, base_resolution=4, per_level_scale=1.6)


@pytest.fixture(autouse=True)
def _large_programs(monkeypatch):
    """Interpreted, a program costs milliseconds whatever its size. The tests still take more than one of each."""
    if HERE.type == "cpu":
        from any_to_3d.backend.kernels import (
            triton_antialias,
            triton_crossings,
            triton_hash_grid,
            triton_marching_tetrahedra,
            triton_rasterise,
            triton_zbuffer,
        )

        monkeypatch.setattr(triton_antialias, "PAIRS_PER_PROGRAM", 1024)
        monkeypatch.setattr(triton_crossings, "EDGES_PER_PROGRAM", 512)
        monkeypatch.setattr(triton_hash_grid, "POINTS_PER_PROGRAM", 512)
        monkeypatch.setattr(triton_marching_tetrahedra, "VERTICES_PER_PROGRAM", 1024)
        monkeypatch.setattr(triton_rasterise, "PIXELS_PER_PROGRAM", 512)
        monkeypatch.setattr(triton_zbuffer, "PIXELS_PER_PROGRAM", 2048)


def seeded():
    return torch.Generator().manual_seed(0)


def compare_hash_grids(config, points, active_levels, device):
    reference, fast = (kernels.hash_grid(config).to(device) for kernels in (REFERENCE, TRITON))
    reference.table.data = torch.rand(reference.table.shape, generator=seeded()).to(device)
    reference.set_active_levels(active_levels)
    fast.load_state_dict(reference.state_dict())
    codes = [grid(points) for grid in (reference, fast)]
    weight = torch.rand(codes[0].shape, generator=seeded()).to(device) - 0.5
    for code in codes:
        (code * weight).sum().backward()
    assert relative_error(codes[1], codes[0]) < 1e-6
    assert relative_error(fast.table.grad, reference.table.grad) < 1e-5


def test_the_hash_grid_matches_through_a_shared_state_dict():
    compare_hash_grids(SMALL, torch.rand(3, 600, generator=seeded()).t().to(HERE), 4, HERE)


def test_the_hash_grid_moves_points_into_the_box_as_the_reference_does():
    compare_hash_grids(SMALL, 3 * torch.rand(50, 3, generator=seeded()).to(HERE) - 1, 5, HERE)


def test_the_finest_level_of_the_usual_grid_is_rounded_as_in_torch():
    config = HashGridConfig(log2_table_size=8)
    compare_hash_grids(config, torch.rand(40, 3, generator=seeded()).to(HERE), 16, HERE)


def test_a_nan_point_stays_visible_and_reads_no_foreign_memory():
    grid = TRITON.hash_grid(SMALL).to(HERE)
    code = grid(torch.tensor([[float("nan"), 0.5, 0.5], [0.5, 0.5, 0.5]], device=HERE))
    assert code[0].isnan().all()
    assert code[1].isfinite().all()


def test_points_that_ask_for_a_gradient_get_it():
    points = torch.rand(8, 3, device=HERE, requires_grad=True)
    TRITON.hash_grid(SMALL).to(HERE)(points).sum().backward()
    assert points.grad.abs().sum() > 0


def test_no_points_give_no_codes():
    assert TRITON.hash_grid(SMALL).to(HERE)(torch.empty(0, 3, device=HERE)).shape == (0, 10)


def test_feature_counts_that_fill_no_vector_are_refused():
    with pytest.raises(ValueError, match="got 3; use 'reference'"):
        TRITON.hash_grid(HashGridConfig(features=3))


def compare_composites(rays, samples, device, dtype=torch.float32, tolerance=1e-5):
    generator = seeded()
    sigma, delta, z = (torch.rand(rays, samples, dtype=dtype, generator=generator) for _ in range(3))
    sigma[torch.rand(rays, samples, generator=generator) < 0.5] = 0
    values = torch.rand(rays, samples, 3, dtype=dtype, generator=generator)
    results = []
    for kernels in (REFERENCE, TRITON):
        inputs = [tensor.to(device, copy=True).requires_grad_() for tensor in (8 * sigma, delta, values, z)]
        outputs = kernels.composite(*inputs)
        sum((output * (i + 1)).square().sum() for i, output in enumerate(outputs)).backward()
        results.append([*outputs, *(tensor.grad for tensor in inputs)])
    for expected, got in zip(*results, strict=True):
        assert relative_error(got, expected) < tolerance


@pytest.mark.parametrize("samples", [1, 6, 64])
def test_the_composite_matches_at_any_sample_count(samples):
    compare_composites(70, samples, HERE)


def test_the_composite_gradients_match_in_double_precision():
    compare_composites(5, 7, HERE, torch.float64, 1e-8)


def test_what_lies_before_an_opaque_sample_is_not_forgotten():
    # 1e6 + 0.5 - 1e6 would be 0.5 rounded to sixteenths, and worse behind a denser sample.
    sigma = torch.tensor([[0.53, 1e8]], device=HERE)
    ones = torch.ones(1, 2, device=HERE)
    weights = TRITON.composite(sigma, ones, ones[..., None], ones)[1]
    torch.testing.assert_close(weights.cpu(), torch.tensor([[1 - 0.588605, 0.588605]]), rtol=1e-5, atol=0)


def compare_rasters(subdivisions, height, width, device):
    vertices, faces = (tensor.to(device) for tensor in bumpy_sphere(subdivisions))
    weight = torch.rand(2, height, width, 3, generator=seeded()).to(device) - 0.5
    results = []
    for kernels in (REFERENCE, TRITON):
        corners = torch.stack([project(vertices), project(vertices * 0.7)]).requires_grad_()
        attributes = vertices.clone().requires_grad_()
        raster = kernels.rasterise(corners, faces, attributes, height, width)
        (raster.attributes * weight).sum().backward()
        results.append((raster, corners.grad, attributes.grad))
    (expected, *expected_gradients), (got, *got_gradients) = results
    assert torch.equal(got.ids, expected.ids)
    assert torch.equal(got.depth, expected.depth)
    assert torch.equal(got.coverage, expected.coverage)
    assert relative_error(got.attributes, expected.attributes) < 1e-6
    for mine, theirs in zip(got_gradients, expected_gradients, strict=True):
        assert relative_error(mine, theirs) < 1e-5


def test_the_raster_has_the_same_ids_and_depths_and_gradients():
    compare_rasters(2, 20, 28, HERE)


def test_a_face_that_names_a_missing_vertex_is_left_out():
    corners = torch.tensor([[-1.0, 1, 0, 1], [1, 1, 0, 1], [-1, -1, 0, 1]], device=HERE)[None]
    faces = torch.tensor([[0, 1, 7], [0, -1, 2], [0, 1, 2]], device=HERE)
    ids = TRITON.rasterise(corners, faces, torch.zeros(3, 1, device=HERE), 2, 2).ids
    assert ids[0].tolist() == [[3, 3], [3, 0]]


def test_depths_of_either_sign_are_ordered_and_zeros_are_one_depth():
    corner = torch.tensor([[-9.0, 9, 0, 1], [9, 9, 0, 1], [0, -9, 0, 1]], device=HERE)
    depths = torch.tensor([0.5, 0.0, -0.0, -0.25, -0.75, -0.5], device=HERE)
    stacked = corner.repeat(6, 1)
    stacked[:, 2] = depths.repeat_interleave(3)
    faces = torch.arange(18, device=HERE).view(6, 3)

    def seen(*chosen):
        raster = TRITON.rasterise(stacked[None], faces[list(chosen)], torch.zeros(18, 1, device=HERE), 1, 1)
        return int(raster.ids) - 1, float(raster.depth)

    assert seen(0, 1, 2, 3, 4, 5) == (4, -0.75)
    assert seen(0, 1, 2) == (1, 0.0)
    assert seen(0, 2, 1) == (1, 0.0)


def compare_antialiasing(subdivisions, height, width, device):
    vertices, faces = (tensor.to(device) for tensor in bumpy_sphere(subdivisions))
    weight = torch.rand(2, height, width, 3, generator=seeded()).to(device) - 0.5
    results = []
    for kernels in (REFERENCE, TRITON):
        clip = torch.stack([project(vertices), project(vertices * 0.7)]).requires_grad_()
        raster = REFERENCE.rasterise(clip.detach(), faces, vertices, height, width)
        image = raster.attributes.clone().requires_grad_()
        smooth = kernels.antialias(image, raster, clip, faces, face_adjacency(faces))
        (smooth * weight).sum().backward()
        results.append((smooth, image.grad, clip.grad))
    for expected, got in zip(*results, strict=True):
        assert relative_error(got, expected) < 1e-5


def test_antialiasing_finds_the_same_silhouettes_and_gradients():
    compare_antialiasing(2, 20, 28, HERE)


def compare_surfaces(lattice, device):
    noise = torch.rand(lattice.vertex_count, generator=seeded()).to(device) - 0.5
    results = []
    for kernels in (REFERENCE, TRITON):
        positions = lattice.vertices(device).requires_grad_()
        sdf = (positions.detach().norm(dim=1) - 0.6 + noise).requires_grad_()
        vertices, faces = kernels.marching_tetrahedra(positions, lattice, sdf)
        vertices[faces].prod(dim=1).sin().sum().backward()
        results.append((vertices, faces, positions.grad, sdf.grad))
    (expected, expected_faces, *expected_gradients), (got, faces, *gradients) = results
    assert relative_error(got, expected) < 1e-6  # vertex by vertex: their order is the same
    assert turned_and_sorted(faces) == turned_and_sorted(expected_faces)
    for mine, theirs in zip(gradients, expected_gradients, strict=True):
        assert relative_error(mine, theirs) < 1e-5


def turned_and_sorted(faces):
    """Faces as a sorted list, each beginning with its lowest vertex."""
    first = faces.argmin(dim=1, keepdim=True)
    return sorted(faces.gather(1, (first + torch.arange(3, device=faces.device)) % 3).tolist())


def test_marching_tetrahedra_gives_the_same_mesh_and_gradients():
    compare_surfaces(KuhnLattice(9), HERE)


@pytest.mark.cuda
def test_on_a_gpu_all_kernels_match_at_real_sizes():
    compare_hash_grids(HashGridConfig(), torch.rand(2**18, 3, generator=seeded()).to(GPU), 16, GPU)
    compare_composites(2**14, 148, GPU)
    compare_rasters(6, 512, 512, GPU)
    compare_antialiasing(6, 512, 512, GPU)
    compare_surfaces(KuhnLattice(64), GPU)


@pytest.mark.cuda
def test_on_a_gpu_a_step_of_the_fixed_size_kernels_is_captured_in_a_graph():
    """What waited for the host would break the capture."""
    vertices, faces = (tensor.to(GPU) for tensor in bumpy_sphere(4))
    clip, adjacency = project(vertices)[None].requires_grad_(), face_adjacency(faces)
    grid, points = TRITON.hash_grid(SMALL).to(GPU), torch.rand(1000, 3, device=GPU)
    rays = [torch.rand(64, 32, device=GPU).requires_grad_() for _ in range(2)]

    def step():
        raster = TRITON.rasterise(clip, faces, vertices, 64, 64)
        image = TRITON.antialias(raster.attributes, raster, clip, faces, adjacency)
        depth = TRITON.composite(*rays, rays[0][..., None], rays[1])[3]
        inputs = [clip, grid.table, *rays]
        return torch.autograd.grad(image.square().sum() + grid(points).square().sum() + depth.sum(), inputs)

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        expected = [gradient.clone() for gradient in step()]
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step()
    graph.replay()
    for got, wanted in zip(captured, expected, strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5 * float(wanted.abs().max()))
