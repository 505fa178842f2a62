"""The demo as Blender starts it: its own process, on real sockets, playing the recording that the zip holds."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest
from any_to_3d.blender_addon.connection.backend_process import BackendProcess, StartError
from any_to_3d.blender_addon.demo import launch
from any_to_3d.blender_addon.demo.server import RECORDING
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.client import Client
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.messages import (
    Accepted,
    Ack,
    Cancel,
    Cancelled,
    Failed,
    Finished,
    Hello,
    ImagePrompt,
    Jobs,
    ListJobs,
    Progress,
    Queued,
    Rejected,
    Shutdown,
    Started,
    Submit,
    TextPrompt,
    Watch,
    WeightedPrompt,
    Welcome,
)
from any_to_3d.shared.recording import read

PATIENCE = 60.0


class Talker:
    """A client that waits for the messages that a test names, and remembers all."""

    def __init__(self, address):
        self.client = Client(address, "test")
        self.heard = []

    def until(self, kind, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in self.client.poll(1):
                self.heard.append(message)
                if isinstance(message, kind):
                    return message
            self.client.wait(0.02)
        raise AssertionError(f"no {kind} in {seconds} s; heard {[type(each).__name__ for each in self.heard]}")

    def submit(self, name, seconds, **changes):
        request = Submit(name, (WeightedPrompt(TextPrompt("a chair")),), overrides={"seconds": seconds})
        self.client.send(replace(request, **changes))
        return self.until((Accepted, Rejected))

    def play(self, name, seconds, **watching):
        job_id = self.submit(name, seconds).job_id
        self.client.send(Watch(job_id, **watching))
        return job_id


@pytest.fixture
def demo(tmp_path):
    process = BackendProcess(launch.demo_options(), tmp_path / "demo.log")
    yield process
    process.stop(5.0)


@pytest.fixture
def talker(demo):
    talker = Talker(demo.address)
    yield talker
    talker.client.close()


def test_the_recording_is_small_and_shows_three_phases_from_shapeless_to_textured():
    recording = read(RECORDING)
    assert RECORDING.stat().st_size < 1_500_000
    snapshots = [timed.event for timed in recording.events if isinstance(timed.event, MeshSnapshot)]
    assert len(snapshots) >= 30
    assert tuple(dict.fromkeys(snapshot.phase for snapshot in snapshots)) == recording.phases
    ball, last = snapshots[0], snapshots[-1]
    # A ball at first, as the method starts; then something with colours of its own.
    radii = (ball.vertices**2).sum(axis=1) ** 0.5
    assert radii.std() < 0.05 * radii.mean()
    assert last.colors[:, :3].std(axis=0).max() > 3 * ball.colors[:, :3].std(axis=0).max()
    assert min(recording.result.albedo.shape[:2]) >= 512
    assert recording.picture.startswith(b"\x89PNG")


def test_it_says_plainly_that_it_is_the_demo(talker):
    welcome = talker.until(Welcome)
    assert (welcome.protocol_version, welcome.profile) == (PROTOCOL_VERSION, "demo")
    assert "This is the demo. Nothing is generated" in welcome.warning
    assert f"'{read(RECORDING).prompt}'" in welcome.warning
    (recipe,) = welcome.recipes
    assert recipe.modalities == ("text", "image", "audio")
    assert {preset.name: preset.seconds_estimate for preset in recipe.presets}["standard"] == 20.0


def test_a_whole_job_streams_shapes_progress_and_the_finished_object(talker):
    job_id = talker.play("r1", 1.5, max_faces=500)
    begun = time.monotonic()
    acknowledged = 0
    while not isinstance(message := talker.until((MeshSnapshot, Finished)), Finished):
        assert len(message.faces) <= 500
        acknowledged += 1
        talker.client.send(Ack(job_id, message.sequence))
    assert 0.5 < time.monotonic() - begun < 5
    assert acknowledged >= 12
    assert message.job_id == job_id
    assert len(message.mesh.faces) > 1000
    reports = [each for each in talker.heard if isinstance(each, Progress)]
    assert list(dict.fromkeys(report.phase for report in reports)) == ["coarse", "geometry", "texture"]
    overall, left = zip(*((report.overall, report.seconds_left) for report in reports), strict=True)
    assert list(overall) == sorted(overall)
    assert list(left) == sorted(left, reverse=True)


def test_without_an_acknowledgement_no_second_snapshot_comes(talker):
    talker.play("r1", 1.0)
    talker.until(Finished)
    assert len([each for each in talker.heard if isinstance(each, MeshSnapshot)]) == 1


def test_cancel_is_answered_in_mid_play_and_the_next_job_begins(talker):
    first, second = talker.play("r1", 60.0), talker.play("r2", 0.5)
    talker.until(Queued)
    begun = time.monotonic()
    talker.client.send(Cancel(first))
    assert talker.until(Cancelled).job_id == first
    assert time.monotonic() - begun < 2
    assert talker.until(Finished).job_id == second
    talker.client.send(ListJobs())
    assert [job.state for job in talker.until(Jobs).jobs] == ["cancelled", "finished"]


def test_a_client_that_comes_back_finds_its_job(demo, talker):
    job_id = talker.play("r1", 2.0)
    talker.until(MeshSnapshot)
    talker.client.close()
    again = Talker(demo.address)
    again.client.send(Watch(job_id))
    assert again.until((Started, Failed)) == Started(job_id)
    assert again.until(Finished).job_id == job_id
    again.client.close()


def test_a_restarted_demo_is_a_new_one_that_knows_no_former_job(demo, talker, tmp_path):
    job_id = talker.play("r1", 60.0)
    former = talker.heard[0]
    demo.stop(5.0)
    options = replace(launch.demo_options(), address=demo.address)
    restarted = BackendProcess(options, tmp_path / "again.log")
    try:
        assert talker.until(Welcome).backend_id != former.backend_id
        talker.client.send(Watch(job_id))
        assert talker.until(Failed).problem.code == "unavailable"
    finally:
        restarted.stop(5.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"request_id": ""}, "no request_id"),
        ({"recipe": "magic"}, "no recipe 'magic'"),
        ({"preset": "ultra"}, "no preset 'ultra'"),
        ({"seed": -1}, "seed is -1"),
        ({"overrides": {"speed": 2.0}}, "no setting 'speed'"),
        ({"overrides": {"seconds": 1e6}}, "Setting 'seconds' is 1e+06"),
        ({"prompts": ()}, "0 prompts"),
        ({"prompts": (WeightedPrompt(TextPrompt(" ")),)}, "prompt is empty"),
        ({"prompts": (WeightedPrompt(ImagePrompt(b"")),)}, "empty file"),
        ({"prompts": (WeightedPrompt(TextPrompt("a"), 0.0),)}, "weight 0"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_what_a_backend_refuses_the_demo_refuses(shared_demo, changes, said):
    answer = shared_demo.submit("r1", 1.0, **changes)
    assert isinstance(answer, Rejected)
    assert answer.problem.code == "bad_request"
    assert said in answer.problem.message


@pytest.fixture(scope="module")
def shared_demo(tmp_path_factory):
    process = BackendProcess(launch.demo_options(), tmp_path_factory.mktemp("shared") / "demo.log")
    talker = Talker(process.address)
    yield talker
    talker.client.close()
    process.stop(5.0)


def test_what_is_no_request_is_refused_and_the_demo_goes_on(shared_demo):
    shared_demo.client.send(Shutdown())
    assert "may not be ended" in shared_demo.until(Rejected).problem.message
    shared_demo.client.send(Started("x"))
    assert "Started is not a request" in shared_demo.until(Rejected).problem.message
    shared_demo.client._socket.send_multipart([b"junk"])
    assert "cannot read" in shared_demo.until(Rejected).problem.message
    shared_demo.client.send(Hello("9.0", "x"))
    assert "speaks protocol" in shared_demo.until(Rejected).problem.message
    shared_demo.client.send(ListJobs())
    shared_demo.until(Jobs)


def test_its_process_loads_the_wire_and_nothing_heavy(tmp_path):
    options = launch.demo_options()
    python, *words = options.demo
    watched = replace(options, demo=(python, "-X", "importtime", *words))
    process = BackendProcess(watched, tmp_path / "demo.log")
    try:
        Talker(process.address).until(Welcome)
        loaded = (tmp_path / "demo.log").read_text()
    finally:
        process.stop(5.0)
    assert "msgpack" in loaded
    for heavy in ("torch", "bpy", "scipy", "PIL", "any_to_3d.backend"):
        assert f" {heavy}\n" not in loaded


def test_it_needs_nothing_of_the_environments_own_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "msgpack.py").write_text("raise SystemExit('the wrong msgpack')")
    process = BackendProcess(launch.demo_options(), tmp_path / "demo.log")
    try:
        Talker(process.address).until(Welcome)
    finally:
        process.stop(5.0)


@pytest.mark.skipif(os.name == "nt", reason="ends a process by a signal")
def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path):
    code = (
        "import sys, time; from pathlib import Path;"
        "from any_to_3d.blender_addon.connection.backend_process import BackendProcess;"
        "from any_to_3d.blender_addon.demo.launch import demo_options;"
        "process = BackendProcess(demo_options(), Path(sys.argv[1]));"
        "print(process.pid, process.address, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "demo.log")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    pid, address = parent.stdout.readline().split()
    Talker(address).until(Welcome)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 5
    while _is_running(int(pid)):
        assert time.monotonic() < deadline, "the demo outlived its parent"
        time.sleep(0.02)


def _is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_blender_without_a_python_program_says_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/usr/bin/blender")
    with pytest.raises(StartError, match=r"no Python program.*blender\.org"):
        launch.demo_options()
