"""What the panel calls the backend that it is connected to."""

from any_to_3d.blender_addon.state import Session
from any_to_3d.blender_addon.wording import connection_line, made_by
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.messages import Welcome


def line(profile, device, version):
    backend = Welcome(PROTOCOL_VERSION, "id", version, profile, device, "numba", ())
    return connection_line(Session("connected", "tcp://127.0.0.1:7343", backend))


def test_d3_a_backend_is_called_by_its_models_its_device_and_its_version():
    assert line("builtin", "cpu", "0.1.0") == "Built-in models on cpu, version 0.1.0"
    assert line("full", "cuda:0", "source") == "Full-size models on cuda:0, run from source"


def test_d3_a_backend_whose_worker_still_loads_is_starting_up():
    assert line("builtin", "starting", "0.1.0") == "Built-in models starting up, version 0.1.0"
    assert line("builtin", "paused", "0.1.0") == "Built-in models with their job paused, version 0.1.0"


def test_n12_an_object_says_by_which_models_it_was_made_and_when_as_far_as_it_knows():
    assert made_by("builtin", "0.1.0", "2026-05-04T10:00") == "Built-in models, version 0.1.0, 2026-05-04"
    assert made_by("", "", "2026-05-04T10:00") == "2026-05-04"
    assert made_by("", "", "") == ""
