"""The negotiation of how many faces a frame may have: slow ones lower it, quick ones raise it again."""

from any_to_3d.blender_addon.frame_budget import FEWEST_FACES, MOST_FACES, FrameBudget


def after(budget, frames):
    for seconds, faces in frames:
        budget = budget.after(seconds, faces)
    return budget


def test_n14_one_slow_frame_changes_nothing_and_a_second_one_halves_the_faces():
    once = after(FrameBudget(), [(0.08, 40_000)])
    assert once.max_faces == MOST_FACES
    assert after(once, [(0.08, 40_000)]).max_faces == 20_000
    assert after(once, [(0.01, 40_000), (0.08, 40_000)]).max_faces == MOST_FACES


def test_n14_eight_quick_frames_that_use_the_budget_double_it():
    lowered = FrameBudget(10_000)
    assert after(lowered, [(0.002, 9_000)] * 7).max_faces == 10_000
    assert after(lowered, [(0.002, 9_000)] * 8).max_faces == 20_000


def test_n14_quick_frames_that_are_small_anyway_say_nothing_about_larger_ones():
    assert after(FrameBudget(10_000), [(0.002, 500)] * 20).max_faces == 10_000


def test_n14_the_budget_keeps_between_its_limits():
    assert after(FrameBudget(), [(0.5, 50_000)] * 40).max_faces == FEWEST_FACES
    assert after(FrameBudget(), [(0.001, 50_000)] * 40).max_faces == MOST_FACES


def test_n14_on_a_computer_of_any_speed_it_comes_to_rest():
    for seconds_a_face in (1e-7, 1e-6, 2e-6, 5e-6, 2e-5):
        budget, seen = FrameBudget(), []
        for _ in range(400):
            budget = budget.after(budget.max_faces * seconds_a_face, budget.max_faces)
            seen.append(budget.max_faces)
        assert len(set(seen[-200:])) == 1
