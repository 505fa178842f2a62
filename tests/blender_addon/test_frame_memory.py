"""Which frames of a growing object stay in memory."""

import numpy as np
from any_to_3d.blender_addon.frame_memory import FrameMemory
from any_to_3d.shared.mesh import MeshSnapshot

FACES = np.zeros((100, 3), np.int32)  # 1200 bytes


def frame(number, vertices=100):
    return MeshSnapshot("job", number, "coarse", number, 0, np.zeros((vertices, 3), np.float32), FACES)


def kept(memory, job_id="a"):
    return [each.sequence for each in memory.frames(job_id)]


def test_n8_all_frames_are_kept_while_they_are_few():
    memory = FrameMemory(most=4)
    for number in range(4):
        memory.keep("a", frame(number))
    assert kept(memory) == [0, 1, 2, 3]


def test_n8_many_frames_are_thinned_evenly_and_begin_with_the_first():
    memory = FrameMemory(most=4)
    for number in range(5):
        memory.keep("a", frame(number))
    assert kept(memory) == [0, 2, 4]
    for number in range(5, 17):
        memory.keep("a", frame(number))
    assert kept(memory) == [0, 8, 16]


def test_n8_faces_that_frames_share_count_once():
    # Five frames of 1200 bytes and once 1200 bytes of faces.
    memory = FrameMemory(budget=5 * 1200 + 1200)
    for number in range(5):
        memory.keep("a", frame(number))
    assert len(kept(memory)) == 5
    memory.keep("a", frame(5))
    assert kept(memory) == [0, 2, 4]


def test_n8_the_budget_is_shared_and_the_largest_job_gives_way_first():
    memory = FrameMemory(budget=12_000)
    memory.keep("small", frame(0))
    for number in range(8):
        memory.keep("a", frame(number))
    assert kept(memory, "small") == [0]
    assert len(kept(memory)) < 8


def test_n8_where_nothing_can_be_thinned_the_oldest_job_forgets():
    memory = FrameMemory(budget=13_000)
    memory.keep("old", frame(0, 1000))
    memory.keep("new", frame(0, 900))
    assert kept(memory, "old") == []
    assert kept(memory, "new") == [0]


def test_n8_a_frame_larger_than_the_whole_budget_is_not_kept():
    memory = FrameMemory(budget=100)
    memory.keep("a", frame(0))
    assert kept(memory) == []


def test_n8_memory_stays_within_its_budget_whatever_comes():
    memory = FrameMemory(budget=50_000)
    draw = np.random.default_rng(0)
    for number in range(300):
        memory.keep(f"job {draw.integers(4)}", frame(number, int(draw.integers(1, 600))))
        sizes = [each.vertices.nbytes for job in range(4) for each in memory.frames(f"job {job}")]
        assert sum(sizes) <= 50_000
