"""Going on from another job: what the server must know before it accepts the request."""

from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend.continuation import NothingToContinue, gone_back, with_parents_prompt
from any_to_3d.backend.fake_course import even_course
from any_to_3d.backend.fake_generation import FakeMoment
from any_to_3d.backend.store import JobStore
from any_to_3d.shared.messages import SeenFrom, Submit
from any_to_3d.shared.starting_points import Continue, Retexture
from requests_and_jobs import job, request
from source_meshes import square


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    """With one job that has the end of its first phase stored."""
    store = JobStore(tmp_path)
    store.save(replace(job("j1"), submit=replace(request("r1", "a blue boat"), negative="sails")))
    FakeMoment("j1", 9, even_course(10), 0, 0.0, lambda seconds: None).save(store.job_folder("j1"))
    return store


def branch(job_id: str = "j1", checkpoint: str = "", **fields: object) -> Submit:
    return replace(request("r2", "a red car"), source=Continue(job_id, checkpoint), **fields)


def test_a_request_that_begins_with_nothing_needs_no_parent(store: JobStore) -> None:
    assert with_parents_prompt(request(), store) == request()


def test_a_branch_without_prompts_takes_its_parents(store: JobStore) -> None:
    filled = with_parents_prompt(branch(prompts=()), store)
    assert (filled.prompts, filled.negative) == (request("r", "a blue boat").prompts, "sails")
    assert with_parents_prompt(branch(prompts=(), negative="oars"), store).negative == "oars"


def test_a_branch_with_prompts_keeps_its_own(store: JobStore) -> None:
    assert with_parents_prompt(branch(checkpoint="coarse"), store) == branch(checkpoint="coarse")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (branch("nobody"), "This backend has no job 'nobody'."),
        (branch("../j1"), "This backend has no job '../j1'."),
        (branch(checkpoint="texture"), "That job has no checkpoint 'texture'; it has coarse."),
    ],
)
def test_what_cannot_be_continued_is_unavailable_and_says_what_to_do(
    store: JobStore, asked: Submit, message: str
) -> None:
    with pytest.raises(NothingToContinue) as refused:
        with_parents_prompt(asked, store)
    problem = refused.value.problem
    assert (problem.code, problem.message) == ("unavailable", message)
    assert problem.hint


def test_the_angle_of_a_picture_goes_with_the_prompts(store: JobStore) -> None:
    seen, other = SeenFrom(10.0, 90.0), SeenFrom(0.0, 0.0)
    store.save(replace(job("j5", "r5"), submit=replace(request("r5"), seen_from=seen)))
    FakeMoment("j5", 9, even_course(10), 0, 0.0, lambda seconds: None).save(store.job_folder("j5"))
    assert with_parents_prompt(branch("j5", prompts=()), store).seen_from == seen
    assert with_parents_prompt(branch("j5", prompts=(), seen_from=other), store).seen_from == other
    assert with_parents_prompt(branch("j5"), store).seen_from is None


def test_a_job_that_painted_a_given_mesh_is_continued_only_with_a_mesh(store: JobStore) -> None:
    painted = replace(request("r9"), source=Retexture(square()))
    store.save(replace(job("j9", "r9"), submit=painted))
    FakeMoment("j9", 9, even_course(10), 0, 0.0, lambda seconds: None).save(store.job_folder("j9"))
    with pytest.raises(NothingToContinue, match="painted a mesh that was sent with it"):
        with_parents_prompt(branch("j9"), store)
    with_mesh = replace(request("r2"), source=Continue("j9", mesh=square()))
    assert with_parents_prompt(with_mesh, store) == with_mesh


def test_a_job_whose_states_are_gone_cannot_be_continued(store: JobStore) -> None:
    for path in store.job_folder("j1").iterdir():
        path.unlink()
    with pytest.raises(NothingToContinue, match="no stored state to go on from"):
        with_parents_prompt(branch(), store)


def test_somebody_elses_job_is_as_unknown_as_one_that_never_was(store: JobStore) -> None:
    with pytest.raises(NothingToContinue, match="has no job 'j1'"):
        with_parents_prompt(branch(), store, is_hidden=lambda parent: parent.job_id == "j1")


@pytest.fixture
def ended(store: JobStore) -> JobStore:
    """The store, whose job has gone to its end."""
    for step in (19, 29):
        FakeMoment("j1", step, even_course(10), 0, 0.0, lambda seconds: None).save(store.job_folder("j1"))
    return store


@pytest.mark.parametrize("asked", [branch(), branch(prompts=(), seed=8), branch(prompts=(), preset="high")])
def test_another_wish_at_the_end_of_a_job_goes_on_from_the_state_before_and_says_so(
    ended: JobStore, asked: Submit
) -> None:
    submit = with_parents_prompt(asked, ended)
    assert submit.source == Continue("j1", "geometry")
    assert "from its state 'geometry'" in gone_back(asked, submit)


@pytest.mark.parametrize(
    "asked",
    [
        branch(prompts=()),
        branch(checkpoint="texture"),
        replace(branch(), source=Continue("j1", more_steps=5)),
    ],
)
def test_what_has_an_effect_or_none_is_asked_for_goes_on_from_the_end(ended: JobStore, asked: Submit) -> None:
    submit = with_parents_prompt(asked, ended)
    assert submit.source == asked.source
    assert gone_back(asked, submit) == ""


def test_a_state_after_the_last_phase_to_run_is_refused_at_once(ended: JobStore) -> None:
    with pytest.raises(NothingToContinue, match="'texture', after 'coarse'"):
        with_parents_prompt(branch(until="coarse"), ended)
