import pytest
import torch
from any_to_3d.backend.kernels.cpu_face_adjacency import adjacency_by_counting, edges_by_counting
from any_to_3d.backend.kernels.face_adjacency import adjacency_by_sorting, edges, edges_by_sorting, face_adjacency
from generator.waiting_on_device import Waits, WatchedOperations
from kernel_meshes import sphere

BOTH_WAYS = [adjacency_by_counting, adjacency_by_sorting]


@pytest.mark.parametrize("adjacency", BOTH_WAYS)
def test_two_triangles_meet_at_their_shared_side(adjacency):
    assert adjacency(torch.tensor([[0, 1, 2], [2, 1, 3]])).tolist() == [[-1, 1, -1], [0, -1, -1]]


@pytest.mark.parametrize("adjacency", BOTH_WAYS)
def test_an_edge_of_three_faces_joins_none_of_them(adjacency):
    assert adjacency(torch.tensor([[0, 1, 2], [1, 0, 3], [0, 1, 4]])).eq(-1).all()


def test_neighbours_on_a_closed_mesh_are_mutual():
    _, faces = sphere(3)
    neighbours = face_adjacency(faces).long()
    for side in range(3):
        assert (neighbours[neighbours[:, side]] == torch.arange(len(faces))[:, None]).any(dim=1).all()


def test_counting_and_sorting_agree_on_arbitrary_faces():
    faces = torch.randint(0, 20, (80, 3), generator=torch.Generator().manual_seed(0))
    assert torch.equal(adjacency_by_counting(faces), adjacency_by_sorting(faces))


def test_edges_are_listed_once_and_sorted():
    assert edges(torch.tensor([[2, 1, 0], [2, 1, 3]])).tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]


def test_no_faces_have_no_edges():
    none = torch.empty(0, 3, dtype=torch.long)
    assert edges(none).shape == (0, 2)
    assert adjacency_by_counting(none).shape == adjacency_by_sorting(none).shape == (0, 3)


@pytest.mark.parametrize("vertices", [20, 2**31 - 1])
def test_on_a_gpu_edges_are_the_same_and_no_value_is_read(vertices):
    faces = vertices - 1 - torch.randint(0, 20, (80, 3), generator=torch.Generator().manual_seed(0))
    waits = Waits()
    with WatchedOperations(waits):
        found = edges_by_sorting(faces)
        adjacency_by_sorting(faces)
    assert torch.equal(found - (vertices - 20), edges_by_counting(faces - (vertices - 20)))
    asked = set().union(*waits.seen.values())
    # How many there are has to be read; which they are has not.
    assert asked == {"_unique2", "unique_consecutive", "a mask as index"}
