"""The session's event table: what each message and each press changes, and what is sent because of it."""

from dataclasses import replace

import numpy as np
import pytest
from any_to_3d.blender_addon import wording
from any_to_3d.blender_addon.session import LOST_AFTER, apply
from any_to_3d.blender_addon.state import (
    Asked,
    Attached,
    BackendExited,
    CancelAsked,
    Dialled,
    Dismissed,
    FetchAsked,
    HungUp,
    JobDismissed,
    Provenance,
    Session,
    Silence,
    Trouble,
)
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.client import PING_SECONDS
from any_to_3d.shared.mesh import MeshSnapshot, TexturedMesh
from any_to_3d.shared.messages import (
    Accepted,
    Cancel,
    Cancelled,
    CutOut,
    Failed,
    Finished,
    Preparing,
    PresetInfo,
    Problem,
    Progress,
    Queued,
    RecipeInfo,
    Rejected,
    Started,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
    Welcome,
)

ADDRESS = "tcp://127.0.0.1:7343"
RECIPE = RecipeInfo("xbind", "XBind", ("coarse", "geometry", "texture"), ("text",), (PresetInfo("a", "A", "", 9),))
WELCOME = Welcome(PROTOCOL_VERSION, "first run", "0.1.0", "builtin", "cpu", "numba", (RECIPE,))
SUBMIT = Submit("request", (WeightedPrompt(TextPrompt("a red chair")),), seed=7)
FOLLOWED = {"cut_outs": True, "keeps_faces": True, "pauses": True, "max_texture": 512}
TRIANGLE = (np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32))


def after(session, *events):
    """The session after these events, and what the last of them made it send."""
    requests = ()
    for event in events:
        session, requests = apply(session, event)
    return session, requests


CONNECTED = after(Session(), Dialled(ADDRESS), WELCOME)[0]
SENT = after(CONNECTED, Asked(SUBMIT, "a red chair"))[0]
QUEUED = after(SENT, Accepted("request", "job"))[0]
RUNNING = after(QUEUED, Started("job"), Progress("job", "geometry", 5, 20, 0.4, {}, 9.0, 12.0))[0]


def test_dialling_waits_for_a_welcome():
    session, requests = after(Session(), Dialled(ADDRESS))
    assert requests == ()
    assert (session.connection, session.address) == ("connecting", ADDRESS)


def test_a_welcome_connects_and_brings_the_recipes():
    assert CONNECTED.connection == "connected"
    assert CONNECTED.recipe("") == CONNECTED.recipe("xbind") == RECIPE
    assert CONNECTED.recipe("unheard of") is None


def test_generate_sends_the_request_and_shows_a_job_at_once():
    session, requests = after(CONNECTED, Asked(SUBMIT, "a red chair"))
    assert requests == (SUBMIT,)
    assert [(job.state, job.origin.prompt, job.origin.seed) for job in session.jobs] == [("sending", "a red chair", 7)]


def test_an_accepted_job_is_watched():
    session, requests = after(SENT, Accepted("request", "job", "Read as 'a red chair'."))
    assert requests == (Watch("job", **FOLLOWED),)
    assert session.job("job").notice == "Read as 'a red chair'."


def test_progress_never_runs_backwards():
    session, _ = after(RUNNING, Progress("job", "texture", 1, 20, 0.3, {}, 9.0, None))
    assert session.job("job").overall == 0.4
    assert session.job("job").phase == "texture"


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Queued("job", 2), "queued"),
        (Preparing("job", "loading models", 0.5), "running"),
        (MeshSnapshot("job", 1, "coarse", 1, 0, *TRIANGLE), "running"),
        (Cancelled("job"), "cancelled"),
        (Failed("job", Problem("internal", "broken")), "failed"),
        (Finished("job", TexturedMesh(*TRIANGLE, *TRIANGLE, np.zeros((1, 1, 3), np.uint8)), 9.0), "finished"),
    ],
)
def test_each_event_brings_its_job_into_its_state(event, state):
    session, requests = after(QUEUED, event)
    assert session.job("job").state == state
    assert requests == ()


@pytest.mark.parametrize("event", [Queued("other", 1), Failed("other", Problem("internal", "x")), Cancelled("other")])
def test_events_of_unknown_jobs_change_nothing(event):
    assert after(RUNNING, event)[0] == RUNNING


def test_a_late_snapshot_does_not_wake_a_cancelled_job():
    session, _ = after(RUNNING, Cancelled("job"), MeshSnapshot("job", 9, "coarse", 1, 0, *TRIANGLE))
    assert session.job("job").state == "cancelled"


def test_cancel_is_sent_and_the_job_says_so_until_the_backend_agrees():
    session, requests = after(RUNNING, CancelAsked("request"))
    assert requests == (Cancel("job"),)
    assert wording.job_line(session, session.job("job")) == "Cancelling"
    assert not after(session, Cancelled("job"))[0].active_jobs


def test_a_job_cancelled_before_it_was_accepted_is_cancelled_on_acceptance():
    _, requests = after(SENT, CancelAsked("request"), Accepted("request", "job"))
    assert requests == (Watch("job", **FOLLOWED), Cancel("job"))


def test_cancel_without_a_backend_frees_the_panel_and_reaches_a_backend_that_returns():
    lost, _ = after(RUNNING, Silence(9.0), CancelAsked("request"))
    assert not lost.active_jobs
    assert after(lost, WELCOME)[1] == (Cancel("job"),)


def test_a_cancel_that_a_dead_backend_may_not_have_heard_is_said_again_when_it_is_back():
    silent, _ = after(RUNNING, CancelAsked("request"), Silence(9.0))
    assert silent.active_jobs
    assert after(silent, WELCOME)[1] == (Watch("job", **FOLLOWED), Cancel("job"))


def test_a_backend_that_falls_silent_just_after_an_answer_is_missed_within_five_seconds():
    assert PING_SECONDS + LOST_AFTER <= 4.5, "too little is left for a busy computer"


def test_a_rejected_prompt_fails_its_job_with_the_backends_words():
    problem = Problem("bad_request", "The word 'blorb' is not known.", "Try: chair")
    session, _ = after(SENT, Rejected("request", problem))
    assert session.jobs[0].state == "failed"
    assert session.trouble == Trouble("The word 'blorb' is not known.", "Try: chair", "dismiss", "bad_request")
    assert wording.why_not_generate(session) == ""


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("out_of_memory", "use_fastest_preset"),
        ("missing_weights", "copy_fetch_command"),
        ("protocol", "open_preferences"),
        ("internal", "generate_again"),
        ("unavailable", "generate_again"),
        ("bad_request", "dismiss"),
    ],
)
def test_each_kind_of_problem_offers_the_button_that_mends_it(code, fix):
    assert after(RUNNING, Failed("job", Problem(code, "m", "h")))[0].trouble == Trouble("m", "h", fix, code)


def test_d5_a_backend_that_refuses_the_key_is_not_waited_for_although_it_was_just_started():
    dialled, _ = after(Session(), Dialled("tcp://127.0.0.1:7343"))
    assert after(dialled, Silence(9.0, True, "nobody_listens"))[0].trouble is None
    refused, _ = after(dialled, Silence(9.0, True, "key_refused"))
    assert (refused.trouble.code, refused.trouble.fix) == ("wrong_key", "open_preferences")


def test_long_silence_is_a_lost_backend_and_less_is_not():
    assert after(RUNNING, Silence(LOST_AFTER - 0.1))[0] == RUNNING
    lost, _ = after(RUNNING, Silence(LOST_AFTER))
    assert lost.connection == "lost"
    assert lost.trouble.fix == "restart_backend"
    assert "stopped answering" in wording.why_not_generate(lost)


def test_a_backend_that_we_just_started_may_be_silent_while_it_imports():
    dialled, _ = after(Session(), Dialled(ADDRESS))
    assert after(dialled, Silence(60.0, is_starting=True))[0] == dialled
    assert "No backend answers" in after(dialled, Silence(60.0))[0].trouble.message


def test_a_backend_that_returns_is_asked_for_its_jobs_and_the_error_goes():
    session, requests = after(RUNNING, Silence(9.0), WELCOME)
    assert requests == (Watch("job", **FOLLOWED),)
    assert session.trouble is None


def test_a_backend_that_was_only_slow_is_asked_for_its_jobs_too():
    session, requests = after(RUNNING, Silence(9.0), Silence(0.0))
    assert session.connection == "connected"
    assert requests == (Watch("job", **FOLLOWED),)


def test_a_ping_answered_by_the_same_backend_changes_nothing():
    session, requests = after(RUNNING, WELCOME)
    assert (session, requests) == (RUNNING, ())


def test_a_restarted_backend_is_asked_for_jobs_and_sent_again_what_it_never_accepted():
    restarted = replace(WELCOME, backend_id="second run")
    assert after(RUNNING, restarted)[1] == (Watch("job", **FOLLOWED),)
    assert after(SENT, restarted)[1] == (SUBMIT,)


def test_a_restarted_backend_that_forgot_the_job_ends_it_with_its_words():
    restarted = replace(WELCOME, backend_id="second run")
    session, _ = after(RUNNING, restarted, Rejected("", Problem("bad_request", "There is no job job.")))
    assert session.job("job").state == "failed"
    assert session.trouble.message == "There is no job job."


def test_another_major_protocol_version_is_refused_with_both_versions_named():
    session, _ = after(Session(), Dialled(ADDRESS), replace(WELCOME, protocol_version="9.0"))
    assert session.connection == "refused"
    assert "9.0" in session.trouble.message
    assert PROTOCOL_VERSION in session.trouble.message


def test_a_later_minor_protocol_version_is_welcome():
    major = PROTOCOL_VERSION.split(".")[0]
    assert after(Session(), Dialled(ADDRESS), replace(WELCOME, protocol_version=f"{major}.99"))[0].connection == (
        "connected"
    )


def test_a_backend_that_refuses_our_version_is_refused_here():
    refusal = Rejected("", Problem("protocol", "This backend speaks 9.0."))
    session, _ = after(Session(), Dialled(ADDRESS), refusal)
    assert (session.connection, session.trouble.message) == ("refused", "This backend speaks 9.0.")


def test_a_backend_process_that_died_leaves_generate_explained_and_its_job_waiting():
    session, _ = after(RUNNING, BackendExited(Trouble("The backend was killed by signal 9.", "", "start_backend")))
    assert session.connection == "offline"
    assert session.job("job").state == "running"
    assert "Start one" in wording.why_not_generate(session)


def test_jobs_of_a_loaded_file_are_watched_now_or_when_connected():
    origin = Provenance("r", "a mug", "xbind", "draft", 1, "old job")
    assert after(CONNECTED, Attached((origin,)))[1] == (Watch("old job", **FOLLOWED),)
    assert after(Session(), Attached((origin,)), Dialled(ADDRESS), WELCOME)[1] == (Watch("old job", **FOLLOWED),)


def test_a_job_that_is_known_already_is_not_attached_twice():
    assert after(RUNNING, Attached((RUNNING.jobs[0].origin,)))[0].jobs == RUNNING.jobs


def test_ended_jobs_are_kept_for_the_list_but_not_without_end():
    session = CONNECTED
    for number in range(30):
        submit = replace(SUBMIT, request_id=f"r{number}")
        session, _ = after(session, Asked(submit, "x"), Accepted(f"r{number}", f"j{number}"), Cancelled(f"j{number}"))
    session, _ = after(session, Asked(replace(SUBMIT, request_id="last"), "x"))
    assert len(session.jobs) == 21
    assert session.jobs[-1].origin.request_id == "last"


def test_dismiss_closes_the_error_and_nothing_else():
    troubled = after(RUNNING, Silence(9.0))[0]
    assert after(troubled, Dismissed())[0] == replace(troubled, trouble=None)


def test_hanging_up_keeps_the_jobs_for_the_next_connection():
    session, _ = after(RUNNING, HungUp())
    assert (session.connection, len(session.active_jobs)) == ("offline", 1)
    assert after(session, Dialled(ADDRESS), WELCOME)[1] == (Watch("job", **FOLLOWED),)


@pytest.mark.parametrize(
    ("session", "line"),
    [
        (SENT, "Sent"),
        (QUEUED, "Next in the queue"),
        (after(QUEUED, Queued("job", 3))[0], "In the queue behind 3"),
        (after(QUEUED, Preparing("job", "loading models", 0.1))[0], "Loading models"),
        (RUNNING, "Geometry, phase 2 of 3"),
        (after(RUNNING, Cancelled("job"))[0], "Cancelled; its mesh so far is kept"),
    ],
)
def test_the_panel_says_what_a_job_does(session, line):
    assert wording.job_line(session, session.jobs[0]) == line


def test_of_a_cancelled_job_it_is_told_what_is_left():
    (job,) = after(RUNNING, Cancelled("job"))[0].jobs
    repainted = replace(job, origin=replace(job.origin, retextured="chair"))
    assert wording.job_line(Session(), job, has_mesh=False) == "Cancelled"
    assert wording.job_line(Session(), repainted) == "Cancelled; the object looks as before"


def test_the_progress_bar_says_how_much_and_how_long():
    assert wording.progress_text(RUNNING.jobs[0]) == "40 %, 12 s left"


def test_cut_outs_are_kept_by_part_and_a_resumed_jobs_replace_the_former_ones():
    first, other, again = (CutOut("job", part, data, "GrabCut") for part, data in ((1, b"a"), (0, b"b"), (1, b"c")))
    job = after(QUEUED, Started("job"), first, other, again)[0].job("job")
    assert (job.state, job.cut_outs) == ("running", (other, again))
    assert after(QUEUED, CutOut("another job", 0, b"a", "GrabCut"))[0] == QUEUED


@pytest.mark.parametrize(
    ("method", "notice", "line"),
    [
        ("GrabCut", "", "Cut out by GrabCut"),
        ("GrabCut", "rembg is not installed.", "Cut out by GrabCut. rembg is not installed"),
        ("none", "The whole picture is used.", "The whole picture is used."),
    ],
)
def test_a_cut_out_says_how_it_came_about(method, notice, line):
    assert wording.cut_out_line(CutOut("job", 0, b"", method, notice)) == line


def test_fetching_an_ended_job_watches_it_again_and_ends_with_its_result():
    ended = after(
        Session(), Dialled(ADDRESS), WELCOME, Asked(SUBMIT, "a red chair"), Accepted("request", "job"), Cancelled("job")
    )[0]
    origin = ended.jobs[0].origin
    session, requests = after(ended, FetchAsked(origin))
    assert requests == (Watch("job", **FOLLOWED),)
    assert [job.state for job in session.jobs] == ["queued"]
    mesh = TexturedMesh(*TRIANGLE, np.zeros((3, 2), np.float32), TRIANGLE[1], np.zeros((1, 1, 3), np.uint8))
    session, _ = after(session, Finished("job", mesh, 2.0))
    assert session.jobs[0].state == "finished"


def test_fetching_without_a_backend_waits_for_one():
    origin = Provenance("request", "a red chair", "xbind", "standard", 7, "job")
    session, requests = after(Session(), FetchAsked(origin))
    assert requests == ()
    _, requests = after(session, Dialled(ADDRESS), WELCOME)
    assert requests == (Watch("job", **FOLLOWED),)


def test_only_an_ended_job_can_be_dismissed():
    running = after(Session(), Dialled(ADDRESS), WELCOME, Asked(SUBMIT, "a red chair"), Accepted("request", "job"))[0]
    assert after(running, JobDismissed("request"))[0].jobs == running.jobs
    ended, _ = after(running, Cancelled("job"))
    assert after(ended, JobDismissed("another"))[0].jobs == ended.jobs
    assert after(ended, JobDismissed("request"))[0].jobs == ()
