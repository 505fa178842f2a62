"""The order, depth and folding of the history's tree."""

import pytest
from any_to_3d.blender_addon.history.tree import Leaf, rows


def shown(*leaves):
    return [(leaves[row.index].job_id, row.depth) for row in rows(leaves) if not row.is_hidden]


def test_n5_what_goes_on_from_a_job_stands_below_it():
    leaves = (Leaf("grandchild", "child"), Leaf("other", ""), Leaf("child", "first"), Leaf("first", ""))
    assert shown(*leaves) == [("other", 0), ("first", 0), ("child", 1), ("grandchild", 2)]
    assert [row.has_children for row in rows(leaves)] == [False, True, True, False]


def test_n5_among_the_branches_of_a_job_the_newest_comes_first():
    assert shown(Leaf("newer", "a"), Leaf("older", "a"), Leaf("a", "")) == [("a", 0), ("newer", 1), ("older", 1)]


def test_n5_a_folded_job_hides_all_below_it_and_nothing_else():
    leaves = (Leaf("c", "b"), Leaf("b", "a"), Leaf("a", "", is_folded=True), Leaf("d", ""))
    assert shown(*leaves) == [("a", 0), ("d", 0)]


def test_n5_a_branch_whose_parent_was_removed_or_is_of_another_file_is_a_root():
    assert shown(Leaf("a", "gone")) == [("a", 0)]


def test_entries_that_no_backend_has_accepted_have_no_children():
    assert shown(Leaf("", ""), Leaf("", "")) == [("", 0), ("", 0)]


@pytest.mark.parametrize("leaves", [(Leaf("a", "a"),), (Leaf("a", "b"), Leaf("b", "a"))])
def test_entries_that_name_each_other_are_all_shown_once(leaves):
    assert sorted(row.index for row in rows(leaves)) == list(range(len(leaves)))
