"""Claims about the installed zip together with the real ``any-to-3d serve``, whose fake profile needs no weights.

The environment names the zip and the program: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import subprocess
import tempfile
import time
from pathlib import Path

import bpy

# isort: split
import addon_utils  # exists once bpy is imported
from addon_in_use import PACKAGE, PROGRAM, empty_file, install, link, preferences, pump_until, raised

DATA = Path(tempfile.mkdtemp())


def test_the_add_on_starts_the_server_and_sees_its_recipes():
    install()
    empty_file()
    preferences().command = PROGRAM
    preferences().arguments = f'--profile fake --data "{DATA}"'
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert link().session.connection == "connected"
    assert link().session.recipe("").presets


def test_a_job_streams_at_least_twelve_meshes_and_ends_textured_and_no_faces_are_sent_twice():
    completed, lacking = link().display._arrivals.keep_frame, []

    def record(frame):
        lacking.append(frame.lacks_faces)
        return completed(frame)

    link().display._arrivals.keep_frame = record
    bpy.ops.any_to_3d.generate(prompt="a red chair", height=0.5)
    bpy.ops.any_to_3d.wait(timeout=90)
    target = bpy.data.objects["a red chair"]
    assert target["any_to_3d_is_final"]
    assert target.data.uv_layers.active is not None
    assert link().display.shown_count > 12
    assert not lacking[0]
    assert any(lacking)
    del link().display._arrivals.keep_frame
    bpy.context.view_layer.update()
    assert abs(target.dimensions.z - 0.5) < 1e-4


def kept_for_files():
    return {path.parent.name for path in DATA.glob("jobs/*/referred_to")}


def test_what_a_saved_file_refers_to_is_kept_by_the_backend():
    jobs = {job.job_id for job in link().session.jobs}
    assert jobs
    assert not kept_for_files(), "nothing refers to them but this session"
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(tempfile.mkdtemp()) / "größe.blend"))
    pump_until(lambda: kept_for_files() == jobs)
    assert link().session.trouble is None


def test_a_copy_that_is_opened_where_the_backend_has_forgotten_keeps_its_jobs_again():
    jobs = kept_for_files()
    for job_id in jobs:
        (DATA / "jobs" / job_id / "referred_to").unlink()
    address = link().session.address
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    link().disconnect()
    link()._references.__init__()
    link().connect(address)
    pump_until(lambda: kept_for_files() == jobs)


def test_cancel_is_answered_within_two_seconds():
    bpy.ops.any_to_3d.generate(prompt="a blue mug")
    deadline = time.monotonic() + 60
    while "a blue mug" not in bpy.data.objects:
        assert time.monotonic() < deadline
        link().step()
    bpy.ops.any_to_3d.cancel()
    begun = time.monotonic()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert time.monotonic() - begun < 2
    assert link().session.jobs[-1].state == "cancelled"


def test_d10_waiting_jobs_change_places_and_one_is_removed():
    empty_file()
    for name in ("first", "second", "third", "fourth"):
        bpy.ops.any_to_3d.generate(prompt=name, preset="high")  # the first has to run until it is cancelled
    _step_until(lambda: _waiting() == ["second", "third", "fourth"])
    _move("fourth", "TOP")
    _step_until(lambda: _waiting() == ["fourth", "second", "third"])
    _move("fourth", "DOWN")
    _step_until(lambda: _waiting() == ["second", "fourth", "third"])
    _move("third", "UP")
    _step_until(lambda: _waiting() == ["second", "third", "fourth"])
    bpy.ops.any_to_3d.cancel(request_id=_request("second"))
    _step_until(lambda: _waiting() == ["third", "fourth"])
    bpy.ops.any_to_3d.cancel(request_id=_request("first"))
    _step_until(lambda: _waiting() == ["fourth"])
    for name in ("third", "fourth"):
        bpy.ops.any_to_3d.cancel(request_id=_request(name))
    bpy.ops.any_to_3d.wait(timeout=20)


def _waiting():
    jobs = [job for job in link().session.active_jobs if job.state == "queued" and job.position]
    return [job.origin.prompt for job in sorted(jobs, key=lambda job: job.position)]


def _request(prompt):
    return next(job.origin.request_id for job in link().session.active_jobs if job.origin.prompt == prompt)


def _move(prompt, direction):
    bpy.ops.any_to_3d.move_job(request_id=_request(prompt), direction=direction)


def _step_until(is_so, seconds=10):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, _waiting()
        link().step()
        time.sleep(0.005)


def test_a_second_server_at_the_same_address_is_told_that_the_port_is_in_use():
    first, link().process = link().process, None
    said = ""
    bpy.ops.any_to_3d.disconnect()
    try:
        bpy.ops.any_to_3d.start_backend()
    except RuntimeError as error:
        said = str(error)
    link().process = first
    assert "in use" in said


def test_an_encrypted_server_answers_who_has_the_key_file():
    bpy.ops.any_to_3d.stop_backend()
    folder = Path(tempfile.mkdtemp())
    subprocess.run([PROGRAM, "keys", "new", "--folder", str(folder / "keys")], check=True, capture_output=True)
    preferences().arguments = f'--profile fake --data "{folder}" --keys "{folder / "keys" / "server.key"}"'
    preferences().key_file = str(folder / "keys" / "client.key")
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert link().session.connection == "connected"


def test_d5_a_key_that_the_server_does_not_know_is_told_as_that():
    right, other = preferences().key_file, Path(tempfile.mkdtemp()) / "keys"
    subprocess.run([PROGRAM, "keys", "new", "--folder", str(other)], check=True, capture_output=True)
    bpy.ops.any_to_3d.disconnect()
    preferences().key_file = str(other / "client.key")
    bpy.ops.any_to_3d.connect()
    assert "does not accept this key" in raised(lambda: bpy.ops.any_to_3d.wait(timeout=10))
    assert (link().session.trouble.code, link().session.trouble.fix) == ("wrong_key", "open_preferences")
    preferences().key_file = ""
    bpy.ops.any_to_3d.connect()
    assert "wants a key" in raised(lambda: bpy.ops.any_to_3d.wait(timeout=10))
    preferences().key_file = right
    bpy.ops.any_to_3d.connect()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert link().session.connection == "connected"


def test_d3_the_real_server_announces_its_memory_and_frees_its_models():
    pump_until(lambda: link().session.backend.memory)
    (memory,) = link().session.backend.memory
    assert 0 < memory.free <= memory.total
    assert bpy.ops.any_to_3d.free_memory() == {"FINISHED"}
    pump_until(lambda: link().session.connection == "connected")
    assert link().session.trouble is None


def test_the_server_ends_with_the_add_on():
    process = link().process
    addon_utils.disable(PACKAGE)
    assert not process.is_alive
