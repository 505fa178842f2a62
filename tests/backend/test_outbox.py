"""The outbox: order, latest-wins, credits."""

from dataclasses import replace

import numpy as np
import pytest
from any_to_3d.backend import outbox as outbox_module
from any_to_3d.backend.access.message_weight import weight_of
from any_to_3d.backend.outbox import MAX_CREDIT, Outbox, Owed
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot, TextureSnapshot
from requests_and_jobs import snapshot, textured

A, B = b"client a", b"client b"


def progress(step: int, job_id: str = "j1") -> m.Progress:
    return m.Progress(job_id, "coarse", step, 10, step / 10, {}, 1.0, None)


def drain(outbox: Outbox, client: bytes = A) -> list[object]:
    sent = []
    while (message := outbox.peek(client)) is not None:
        outbox.sent(client, message)
        sent.append(message)
    return sent


@pytest.fixture
def outbox() -> Outbox:
    outbox = Outbox()
    outbox.watch(A, m.Watch("j1", credit=1, max_faces=5000))
    return outbox


def test_events_go_only_to_those_who_watch(outbox: Outbox) -> None:
    outbox.put(B, m.Accepted("r", "j1"))
    outbox.publish(m.Started("j1"))
    outbox.publish(m.Started("j2"))
    assert drain(outbox, A) == [m.Started("j1")]
    assert drain(outbox, B) == [m.Accepted("r", "j1")]


def test_a_watch_of_a_job_that_has_ended_is_answered_and_then_forgotten(outbox: Outbox) -> None:
    outbox.put(A, m.Cancelled("j1"))
    outbox.publish(m.Started("j1"))
    assert drain(outbox) == [m.Cancelled("j1")]
    assert outbox.wanted_faces("j1") is None


def test_of_progress_only_the_newest_waits(outbox: Outbox) -> None:
    for step in range(1, 6):
        outbox.publish(progress(step))
    assert drain(outbox) == [progress(5)]


def test_replies_and_states_go_before_progress_in_their_order(outbox: Outbox) -> None:
    outbox.publish(progress(1))
    outbox.put(A, m.Accepted("r1", "j1"))
    outbox.publish(m.Started("j1"))
    assert drain(outbox) == [m.Accepted("r1", "j1"), m.Started("j1"), progress(1)]


def test_only_the_newest_snapshot_is_sent_and_it_uses_the_credit_up(outbox: Outbox) -> None:
    frames = [snapshot(sequence=number) for number in (1, 2, 3, 4)]
    outbox.publish(frames[0])
    outbox.publish(frames[1])
    assert drain(outbox) == [frames[1]]
    outbox.publish(frames[2])
    assert drain(outbox) == []
    outbox.ack(A, "j1", 2)
    outbox.publish(frames[3])
    assert drain(outbox) == [frames[3]]


def test_nobody_wants_a_snapshot_while_one_waits_or_is_on_its_way(outbox: Outbox) -> None:
    assert outbox.wanted_faces("j1") == 5000
    outbox.publish(snapshot())
    assert outbox.wanted_faces("j1") is None
    drain(outbox)
    assert outbox.wanted_faces("j1") is None
    outbox.ack(A, "j1", 1)
    assert outbox.wanted_faces("j1") == 5000


def test_the_least_patient_face_limit_counts(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", credit=1, max_faces=300))
    assert outbox.wanted_faces("j1") == 300


def test_a_watcher_without_credit_gets_progress_but_no_snapshot(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", credit=0, max_faces=300))
    outbox.publish(snapshot())
    outbox.publish(progress(1))
    assert drain(outbox, B) == [progress(1)]


def test_two_clients_have_credits_of_their_own(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", credit=1, max_faces=5000))
    first, second = snapshot(sequence=1), snapshot(sequence=2)
    outbox.publish(first)
    assert drain(outbox, A) == [first]
    outbox.publish(second)
    assert drain(outbox, A) == []
    assert drain(outbox, B) == [second]


def test_an_acknowledgement_of_nothing_gives_no_credit(outbox: Outbox) -> None:
    outbox.publish(snapshot(sequence=1))
    drain(outbox)
    for sequence in (0, 2, 99):
        outbox.ack(A, "j1", sequence)
    outbox.ack(A, "j9", 1)
    assert outbox.wanted_faces("j1") is None


def test_acknowledging_a_later_snapshot_frees_the_earlier_ones(outbox: Outbox) -> None:
    outbox.watch(A, m.Watch("j1", credit=2, max_faces=5000))
    for sequence in (1, 2):
        outbox.publish(snapshot(sequence=sequence))
        drain(outbox)
    assert outbox.wanted_faces("j1") is None
    outbox.ack(A, "j1", 2)
    for sequence in (3, 4):
        outbox.publish(snapshot(sequence=sequence))
        assert len(drain(outbox)) == 1


def test_watching_again_restores_the_credit(outbox: Outbox) -> None:
    outbox.publish(snapshot())
    drain(outbox)
    outbox.watch(A, m.Watch("j1", credit=1, max_faces=5000))
    assert outbox.wanted_faces("j1") == 5000


def test_credit_is_bounded() -> None:
    outbox = Outbox()
    outbox.watch(A, m.Watch("j1", credit=10**9, max_faces=5000))
    for sequence in range(1, MAX_CREDIT + 2):
        outbox.publish(snapshot(sequence=sequence))
        drain(outbox)
    assert outbox.wanted_faces("j1") is None


def test_a_terminal_event_is_kept_and_what_it_overtakes_is_dropped(outbox: Outbox) -> None:
    finished = m.Finished("j1", textured(), 1.0)
    outbox.publish(progress(1))
    outbox.publish(snapshot())
    outbox.publish(finished)
    outbox.publish(progress(2))
    assert drain(outbox) == [finished]


def test_a_message_that_was_not_reported_sent_is_offered_again(outbox: Outbox) -> None:
    outbox.publish(m.Started("j1"))
    assert outbox.peek(A) == outbox.peek(A) == m.Started("j1")


def test_newer_progress_replaces_what_was_only_peeked_at(outbox: Outbox) -> None:
    outbox.publish(progress(1))
    outbox.peek(A)
    outbox.publish(progress(2))
    assert drain(outbox) == [progress(2)]


def test_cut_outs_go_in_order_to_those_who_asked_for_them(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", credit=0, max_faces=5000, cut_outs=True))
    first, second = (m.CutOut("j1", part, b"png", "GrabCut") for part in (0, 2))
    outbox.publish(progress(1))
    outbox.publish(first)
    outbox.publish(second)
    assert drain(outbox, B) == [first, second, progress(1)]
    assert drain(outbox, A) == [progress(1)]


def test_a_pause_is_told_to_those_who_asked_for_pauses_after_the_progress_before_it(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", credit=0, pauses=True))
    for event in (progress(3), m.Paused("j1"), progress(4)):
        outbox.publish(event)
    assert drain(outbox, B) == [progress(3), m.Paused("j1"), progress(4)]
    assert drain(outbox, A) == [progress(4)]


def test_progress_that_a_pause_pushed_out_is_weighed_as_it_comes_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    ordered = m.Started("j1")
    monkeypatch.setattr(outbox_module, "MOST_BYTES", 2 * weight_of(ordered))
    outbox = Outbox()
    for _ in range(5):
        outbox.watch(B, m.Watch("j1", pauses=True))
        outbox.publish(progress(3))
        outbox.publish(m.Paused("j1"))
        assert len(drain(outbox, B)) == 2
    for _ in range(3):
        outbox.put(B, ordered)
    (dropped,) = drain(outbox, B)
    assert isinstance(dropped, m.Rejected)


def test_a_forgotten_client_wants_nothing(outbox: Outbox) -> None:
    outbox.forget(A)
    outbox.publish(m.Started("j1"))
    assert outbox.wanted_faces("j1") is None
    assert outbox.clients() == []


def frame(sequence: int, topology: int) -> MeshSnapshot:
    return replace(snapshot(sequence=sequence), topology=topology)


def test_faces_are_sent_once_to_those_who_keep_them_until_they_change(outbox: Outbox) -> None:
    outbox.watch(A, m.Watch("j1", credit=4, keeps_faces=True))
    outbox.watch(B, m.Watch("j1", credit=4))
    for sequence, topology in enumerate((7, 7, 8, 8, 7), start=1):
        outbox.publish(frame(sequence, topology))
        lacking = [message.lacks_faces for message in drain(outbox, A) if isinstance(message, MeshSnapshot)]
        assert lacking == [sequence in (2, 4)]
        (whole,) = drain(outbox, B)
        assert isinstance(whole, MeshSnapshot)
        assert len(whole.faces) == 1
        for client in (A, B):
            outbox.ack(client, "j1", sequence)


def test_a_frame_that_was_never_sent_leaves_no_faces_behind(outbox: Outbox) -> None:
    outbox.watch(A, m.Watch("j1", credit=1, keeps_faces=True))
    outbox.publish(frame(1, topology=7))
    drain(outbox)
    outbox.publish(frame(2, topology=8))  # waits for the credit, and is replaced
    outbox.publish(frame(3, topology=8))
    outbox.ack(A, "j1", 1)
    (sent,) = drain(outbox)
    assert isinstance(sent, MeshSnapshot)
    assert (sent.sequence, sent.lacks_faces) == (3, False)


def test_watching_again_sends_faces_again(outbox: Outbox) -> None:
    for sequence in (1, 2):
        outbox.watch(A, m.Watch("j1", credit=1, keeps_faces=True))
        outbox.publish(frame(sequence, topology=7))
        (sent,) = drain(outbox)
        assert isinstance(sent, MeshSnapshot)
        assert not sent.lacks_faces


def texture(sequence: int = 1) -> TextureSnapshot:
    return TextureSnapshot("j1", sequence, "texture", 0, np.zeros((4, 4, 3), np.uint8))


def test_a_texture_goes_only_to_those_who_asked_for_one_and_against_the_same_credit(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", max_texture=256))
    first = texture(1)
    outbox.publish(first)
    assert drain(outbox, A) == []
    assert drain(outbox, B) == [first]
    outbox.publish(texture(2))
    assert drain(outbox, B) == []
    outbox.ack(B, "j1", 1)
    assert [each.sequence for each in drain(outbox, B)] == [2]


def test_who_sees_textures_is_sent_no_mesh_that_somebody_else_asked_for(outbox: Outbox) -> None:
    outbox.watch(B, m.Watch("j1", max_texture=256, credit=2))
    outbox.publish(texture(1))
    drain(outbox, B)
    outbox.publish(snapshot(sequence=2))
    assert drain(outbox, B) == []
    assert [each.sequence for each in drain(outbox, A)] == [2]


def test_the_wanted_texture_is_the_smallest_that_somebody_could_be_sent_now(outbox: Outbox) -> None:
    assert outbox.wanted_texture("j1") == 0
    outbox.watch(B, m.Watch("j1", max_texture=512))
    outbox.watch(b"client c", m.Watch("j1", max_texture=1))
    assert outbox.wanted_texture("j1") == 16
    outbox.publish(texture())
    assert outbox.wanted_texture("j1") == 0


def test_of_places_in_the_queue_only_the_newest_waits_and_none_follows_the_start(outbox: Outbox) -> None:
    for place in (3, 2):
        outbox.publish(m.Queued("j1", place))
    assert outbox.places(A) == [m.Queued("j1", 2)]
    outbox.place_sent(A, m.Queued("j1", 2))
    assert outbox.places(A) == []
    outbox.publish(m.Queued("j1", 1))
    outbox.publish(m.Started("j1"))
    assert outbox.places(A) == []
    assert drain(outbox) == [m.Started("j1")]


def test_a_place_that_is_answered_to_a_watch_replaces_an_older_one(outbox: Outbox) -> None:
    outbox.publish(m.Queued("j1", 9))
    outbox.put(A, m.Queued("j1", 8))
    assert outbox.places(A) == []
    assert drain(outbox) == [m.Queued("j1", 8)]


def test_a_result_for_a_client_that_takes_nothing_is_left_on_disk(outbox: Outbox) -> None:
    outbox.watch(A, m.Watch("j2"))
    outbox.publish(m.Started("j1"))
    outbox.stuck(A)
    outbox.publish(m.Finished("j1", textured(), 1.5))
    outbox.sent(A, outbox.peek(A))
    assert outbox.peek(A) == Owed("j1", 1.5)
    outbox.settle(A, m.Failed("j1", m.Problem("unavailable", "gone")))
    outbox.publish(m.Finished("j2", textured(), 2.5))
    assert [type(each) for each in drain(outbox)] == [m.Failed, m.Finished]
