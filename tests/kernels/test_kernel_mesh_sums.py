"""Vertex normals, the Laplacian and the list of edges: compiled ways against torch, and both against hand counts."""

import pytest
import torch
from any_to_3d.backend.kernels.cpu_face_adjacency import edges_by_counting
from any_to_3d.backend.kernels.cpu_laplacian import laplacian_by_edge
from any_to_3d.backend.kernels.cpu_vertex_normals import sums_by_face
from any_to_3d.backend.kernels.face_adjacency import edges_by_sorting
from any_to_3d.backend.kernels.laplacian import laplacian_by_index
from any_to_3d.backend.kernels.vertex_normals import sums_by_index, vertex_normals
from kernel_meshes import bumpy_sphere

LAPLACIANS = [laplacian_by_edge, laplacian_by_index]
SUMS = [sums_by_face, sums_by_index]


def gradient_of(function, values, topology, weight):
    moving = values.clone().requires_grad_()
    result = function(moving, topology)
    result.backward(weight)
    return result.detach(), moving.grad


@pytest.mark.parametrize("sums", SUMS)
def test_the_normal_of_a_triangle_is_twice_its_area_long_at_each_corner(sums):
    corners = torch.tensor([[0.0, 0, 0], [2, 0, 0], [0, 3, 0], [9, 9, 9]])
    got = sums(corners, torch.tensor([[0, 1, 2]]))
    assert got.tolist() == [[0, 0, 6]] * 3 + [[0, 0, 0]]


@pytest.mark.parametrize("function", [*LAPLACIANS, *SUMS])
def test_gradients_agree_with_finite_differences(function):
    vertices = torch.rand(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
    topology = faces if function in SUMS else edges_by_sorting(faces)
    assert torch.autograd.gradcheck(lambda each: function(each, topology), (vertices,))


@pytest.mark.parametrize(
    ("fast", "reference"), [(sums_by_face, sums_by_index), (laplacian_by_edge, laplacian_by_index)]
)
def test_compiled_sums_equal_torch_with_their_gradients(fast, reference):
    vertices, faces = bumpy_sphere(3)
    topology = faces if fast is sums_by_face else edges_by_sorting(faces)
    weight = torch.randn(vertices.shape, generator=torch.Generator().manual_seed(0))
    for got, expected in zip(
        gradient_of(fast, vertices, topology, weight), gradient_of(reference, vertices, topology, weight), strict=True
    ):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-6)


def test_inputs_that_are_not_contiguous_give_the_same():
    vertices, faces = bumpy_sphere(1)
    strided = torch.cat([vertices, vertices], dim=1)[:, :3]
    assert torch.equal(sums_by_face(strided, faces), sums_by_face(vertices, faces))
    assert torch.equal(
        laplacian_by_edge(strided, edges_by_sorting(faces)), laplacian_by_edge(vertices, edges_by_sorting(faces))
    )


def test_a_vertex_whose_faces_cancel_points_up_and_sends_no_gradient():
    corners = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]], requires_grad=True)
    normals = vertex_normals(corners, torch.tensor([[0, 1, 2], [0, 2, 1]]))
    assert normals.tolist() == [[0, 0, 1]] * 3
    normals.square().sum().backward()
    assert corners.grad.eq(0).all()


def test_normals_of_a_nearly_round_ball_have_length_one_and_face_outwards():
    vertices, faces = bumpy_sphere(3)
    normals = vertex_normals(vertices, faces)
    torch.testing.assert_close(normals.norm(dim=1), torch.ones(len(normals)))
    assert (normals * vertices).sum(dim=1).min() > 0


def test_counted_and_sorted_edges_agree_on_arbitrary_faces():
    faces = torch.randint(0, 20, (80, 3), generator=torch.Generator().manual_seed(0))
    assert torch.equal(edges_by_counting(faces), edges_by_sorting(faces))


def test_a_negative_vertex_number_is_refused():
    with pytest.raises(ValueError, match="vertex numbers >= 0, got -1"):
        edges_by_counting(torch.tensor([[0, -1, 2]]))
