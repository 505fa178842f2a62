"""Pause, resume and finish now in the session: what each press sends, and that no lost answer leaves it stuck."""

from dataclasses import replace

import pytest
from any_to_3d.blender_addon import wording
from any_to_3d.blender_addon.session import apply
from any_to_3d.blender_addon.state import Asked, CancelAsked, Dialled, Session, Silence, Wished
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.messages import (
    Accepted,
    Cancel,
    Cancelled,
    CheckpointInfo,
    Checkpoints,
    FinishNow,
    Pause,
    Paused,
    Progress,
    Queued,
    RecipeInfo,
    Resume,
    Started,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
    Welcome,
)
from any_to_3d.shared.starting_points import Continue

RECIPE = RecipeInfo("xbind", "XBind", ("coarse", "geometry", "texture"), ("text",), ())
WELCOME = Welcome(PROTOCOL_VERSION, "first", "1", "builtin", "cpu", "numba", (RECIPE,), operations=("pause",))
SUBMIT = Submit("request", (WeightedPrompt(TextPrompt("a red chair")),), seed=7)
PROGRESS = Progress("job", "geometry", 5, 20, 0.4, {}, 9.0, 12.0)
PAUSE, RESUME, FINISH = (Wished("request", wish) for wish in ("pause", "resume", "finish_now"))


def after(session, *events):
    requests = ()
    for event in events:
        session, requests = apply(session, event)
    return session, requests


RUNNING = after(
    Session(), Dialled("tcp://a:1"), WELCOME, Asked(SUBMIT, "a red chair"), Accepted("request", "job"),
    Started("job"), PROGRESS,
)[0]  # fmt: skip
RESTING = after(RUNNING, PAUSE, Paused("job"))[0]


@pytest.mark.parametrize(("wish", "request_sent"), [(PAUSE, Pause), (RESUME, Resume), (FINISH, FinishNow)])
def test_n4_n6_each_press_sends_its_request_each_time(wish, request_sent):
    once, requests = after(RUNNING, wish)
    assert requests == (request_sent("job"),)
    assert after(once, wish)[1] == (request_sent("job"),), "an answer that was lost must leave no button stuck"


@pytest.mark.parametrize(
    ("events", "rests", "wish", "line"),
    [
        ((PAUSE,), False, "pause", "Pausing"),
        ((PAUSE, PROGRESS), False, "pause", "Pausing"),
        ((PAUSE, Paused("job")), True, "", "Paused; the backend's memory is free for something else"),
        ((Paused("job"),), True, "", "Paused; the backend's memory is free for something else"),
        ((PAUSE, Paused("job"), PROGRESS), True, "", "Paused; the backend's memory is free for something else"),
        ((PAUSE, Paused("job"), RESUME), False, "resume", "Going on"),
        ((PAUSE, Paused("job"), RESUME, Started("job")), False, "", "Geometry, phase 2 of 3"),
        ((PAUSE, RESUME, PROGRESS), False, "", "Geometry, phase 2 of 3"),
        ((PAUSE, RESUME, Paused("job")), False, "resume", "Going on"),
        ((PAUSE, Paused("job"), FINISH, Started("job")), False, "finish_now", "Finishing as it is"),
        ((FINISH, PROGRESS), False, "finish_now", "Finishing as it is"),
        ((PAUSE, Paused("job"), CancelAsked("request")), False, "", "Cancelling"),
        ((FINISH, Cancelled("job")), False, "finish_now", "Cancelled; its mesh so far is kept"),
    ],
)
def test_n4_what_a_job_does_after(events, rests, wish, line):
    session, _ = after(RUNNING, *events)
    job = session.job("job")
    assert (job.rests, job.wish, wording.job_line(session, job)) == (rests, wish, line)


def test_n4_a_job_that_does_not_run_is_not_paused():
    queued = after(RUNNING, Queued("job", 2))[0]
    assert after(queued, PAUSE) == (queued, ())
    gone = after(RUNNING, Cancelled("job"))[0]
    assert after(gone, FINISH) == (gone, ())


def test_n4_a_wish_that_a_dead_backend_may_not_have_heard_is_said_again_when_it_is_back():
    watch = Watch("job", cut_outs=True, keeps_faces=True, pauses=True, max_texture=512)
    assert after(RUNNING, PAUSE, Silence(9.0), WELCOME)[1] == (watch, Pause("job"))
    assert after(RUNNING, PAUSE, CancelAsked("request"), Silence(9.0), WELCOME)[1] == (watch, Cancel("job"))


def test_n4_a_paused_job_is_found_paused_again_after_a_lost_connection():
    back = after(RESTING, Silence(9.0), WELCOME, Started("job"), Paused("job"))[0]
    assert back.job("job").rests
    assert not back.is_lively


def test_the_tick_is_quick_only_while_a_job_that_is_awake_may_bring_news():
    assert RUNNING.is_lively
    assert not RESTING.is_lively
    waiting = after(RESTING, Asked(replace(SUBMIT, request_id="next"), "b"), Accepted("next", "b"), Queued("b", 1))[0]
    assert not waiting.is_lively, "who waits behind a paused job brings no news"
    assert after(waiting, RESUME)[0].is_lively


def test_n18_what_the_backend_does_not_offer_is_said():
    assert wording.why_not(RUNNING, "pause") == ""
    assert wording.why_not(RUNNING, "finish_now") == "The connected backend cannot finish a job early. Use a newer one"
    assert "No backend is connected" in wording.why_not(Session(), "pause")


def test_n5_the_checkpoints_of_a_job_are_kept_and_replaced():
    first = Checkpoints("job", (CheckpointInfo("coarse", "coarse", 9, 9),))
    later = Checkpoints("job", (*first.checkpoints, CheckpointInfo("geometry", "geometry", 9, 9)))
    session, requests = after(RUNNING, first, Checkpoints("other", ()), later)
    assert session.checkpoints_of("job") == later
    assert session.checkpoints_of("other").checkpoints == ()
    assert session.checkpoints_of("unknown") is None
    assert requests == ()


def test_n5_a_branch_knows_its_parent_and_a_shape_where_it_ended():
    branch = replace(SUBMIT, request_id="branch", source=Continue("job", "geometry"))
    shape = replace(SUBMIT, request_id="shape", until="geometry")
    session, _ = after(RUNNING, Asked(branch, "a"), Asked(shape, "b"))
    assert [(job.origin.parent, job.origin.until) for job in session.jobs] == [("", ""), ("job", ""), ("", "geometry")]
