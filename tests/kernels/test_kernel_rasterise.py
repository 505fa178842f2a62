from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from any_to_3d.backend.kernels.zbuffer import triangle_ids
from kernel_meshes import ALL, BOTH, CPU, REFERENCE, bumpy_sphere, project, relative_error
from scipy.spatial import Delaunay

UPPER_LEFT = torch.tensor([[-1.0, 1, 0, 1], [1, 1, 0, 1], [-1, -1, 0, 1]])
ONE_FACE = torch.tensor([[0, 1, 2]])


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
@pytest.mark.parametrize("face", [[0, 1, 2], [2, 1, 0]], ids=["front", "back"])
def test_row_zero_is_the_top_and_both_windings_are_drawn(kernels, face):
    raster = kernels.rasterise(UPPER_LEFT[None], torch.tensor([face]), torch.ones(3, 1), 4, 4)
    expected = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])
    assert torch.equal(raster.ids[0].long(), expected)
    assert torch.equal(raster.coverage[0, :, :, 0].long(), expected)
    assert torch.equal(raster.depth[0].isinf(), expected == 0)
    assert torch.equal(raster.attributes[0, :, :, 0], expected.float())


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_attributes_are_perspective_correct(kernels):
    # A strip from w = 1 at the left edge to w = 3 at the right: halfway on screen lies a quarter of the way along it.
    corners = torch.tensor([[-1.0, 1, 0, 1], [-1, -1, 0, 1], [3, 3, 0, 3], [3, -3, 0, 3]])
    attribute = torch.tensor([[0.0], [0], [1], [1]])
    image = kernels.rasterise(corners[None], torch.tensor([[0, 1, 2], [2, 1, 3]]), attribute, 1, 1).attributes
    assert float(image) == pytest.approx(0.25)


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_the_nearest_triangle_wins_and_equal_depths_go_to_the_lower_face(kernels):
    far, near = UPPER_LEFT + torch.tensor([0, 0, 0.5, 0]), UPPER_LEFT
    faces = torch.tensor([[0, 1, 2], [3, 4, 5], [3, 4, 5]])
    ids = kernels.rasterise(torch.cat([far, near])[None], faces, torch.zeros(6, 1), 2, 2).ids
    assert ids[0].tolist() == [[2, 2], [2, 0]]


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
@pytest.mark.parametrize("w", [0.0, -1.0, float("nan")])
def test_a_triangle_that_reaches_the_camera_plane_is_skipped(kernels, w):
    corners = UPPER_LEFT.clone()
    corners[0, 3] = w
    assert kernels.rasterise(corners[None], ONE_FACE, torch.zeros(3, 1), 4, 4).coverage.sum() == 0


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_a_triangle_much_larger_than_the_image_fills_it(kernels):
    corners = torch.tensor([[-1e30, -1e30, 0, 1e-5], [1e30, -1e30, 0, 1e-5], [0, 1e30, 0, 1e-5]])
    assert kernels.rasterise(corners[None], ONE_FACE, torch.zeros(3, 1), 8, 8).coverage.mean() == 1


@pytest.mark.parametrize("kernels", BOTH, ids=lambda kernels: kernels.name)
def test_gradients_agree_with_finite_differences(kernels):
    corners = torch.tensor([[[-0.9, 0.9, 0, 1], [1.7, 1.6, 0.1, 2], [-0.8, -0.9, 0.2, 1.1]]]).double().requires_grad_()
    attributes = torch.rand(1, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()

    def image(corners, attributes):
        return kernels.rasterise(corners, ONE_FACE, attributes, 5, 6).attributes

    assert torch.autograd.gradcheck(image, (corners, attributes))


@pytest.mark.parametrize("threads", [1, 2])
def test_the_fast_twin_matches_the_reference(threads, torch_threads):
    torch_threads(threads)
    vertices, faces = bumpy_sphere(4)
    weight = torch.randn(2, 48, 64, 3, generator=torch.Generator().manual_seed(0))
    results = []
    for kernels in (REFERENCE, CPU):
        corners = torch.stack([project(vertices), project(vertices * 0.7)]).requires_grad_()
        attributes = vertices.clone().requires_grad_()
        raster = kernels.rasterise(corners, faces, attributes, 48, 64)
        (raster.attributes * weight).sum().backward()
        results.append((raster, corners.grad, attributes.grad))
    (expected, *expected_gradients), (got, *got_gradients) = results
    assert torch.equal(got.ids, expected.ids)
    assert torch.equal(got.depth, expected.depth)
    assert relative_error(got.attributes, expected.attributes) < 1e-6
    for mine, theirs in zip(got_gradients, expected_gradients, strict=True):
        assert relative_error(mine, theirs) < 1e-5


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_nothing_to_draw_gives_an_empty_image(kernels):
    raster = kernels.rasterise(UPPER_LEFT[None], torch.empty(0, 3, dtype=torch.long), torch.ones(3, 2), 3, 5)
    assert raster.attributes.shape == (1, 3, 5, 2)
    assert raster.ids.sum() == 0


def test_adjacent_triangles_leave_no_cracks():
    generator = np.random.default_rng(0)
    corners = np.concatenate([generator.uniform(-0.9, 0.9, (200, 2)), np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])])
    clip = np.concatenate([corners, np.zeros((204, 1)), np.ones((204, 1))], axis=1)
    ids, _ = triangle_ids(clip, Delaunay(corners).simplices, 256, 256)
    assert (ids > 0).all()


def test_the_fast_twin_reads_strided_vertices():
    wide = torch.zeros(1, 3, 8)
    wide[..., ::2] = UPPER_LEFT
    strided = CPU.rasterise(wide[..., ::2], ONE_FACE.t().contiguous().t(), torch.rand(2, 3).t(), 4, 4)
    assert torch.equal(strided.ids, CPU.rasterise(UPPER_LEFT[None], ONE_FACE, torch.ones(3, 1), 4, 4).ids)


def test_two_threads_may_draw_at_once(torch_threads):
    torch_threads(2)
    vertices, faces = bumpy_sphere(4)
    corners = torch.stack([project(vertices)] * 2)
    expected = CPU.rasterise(corners, faces, vertices, 64, 64).attributes
    with ThreadPoolExecutor(2) as pool:
        images = pool.map(lambda _: CPU.rasterise(corners, faces, vertices, 64, 64).attributes, range(8))
        assert all(torch.equal(image, expected) for image in images)


@pytest.mark.parametrize("kernels", BOTH, ids=lambda kernels: kernels.name)
def test_faces_that_do_not_fit_the_vertices_are_refused(kernels):
    with pytest.raises(ValueError, match=r"faces must index 0\.\.2, got 0\.\.7"):
        kernels.rasterise(UPPER_LEFT[None], torch.tensor([[0, 1, 7]]), torch.ones(3, 1), 4, 4)
    with pytest.raises(ValueError, match=r"attributes must be \[3, C\] or \[1, 3, C\], got \[4, 3, 1\]"):
        kernels.rasterise(UPPER_LEFT[None], ONE_FACE, torch.ones(4, 3, 1), 4, 4)
