"""The scenarios, each claim a test, on every Python with bpy that bpy_pythons.py finds."""

import os

import pytest
from any_to_3d.backend.extension.build_zip import BuildError, build, current_platform
from any_to_3d.backend.extension.pinned_wheels import PYTHONS
from any_to_3d.backend.extension.release import release
from bpy_pythons import HERE, fake_program, pythons, real_program, run_scenario, source_path
from run_scenario import claims_of

pytestmark = [
    pytest.mark.skipif(not pythons(), reason="no bpy here: pip install bpy, or name Pythons in ANY_TO_3D_BPY_PYTHONS"),
    pytest.mark.skipif(os.name == "nt", reason="the backend's stand-in is a script with a shebang line"),
]


@pytest.fixture(scope="session", params=pythons())
def python(request):
    return request.param


@pytest.fixture(scope="session")
def live_object(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live_object")
    return run_scenario(python, "live_object", folder, {"PYTHONPATH": source_path(folder)})


@pytest.fixture(scope="session")
def installed_addon(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    return _run_with_zip(python, "installed_addon", folder, fake_program(folder))


@pytest.fixture(scope="session")
def live_job(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("live_job")
    return _run_with_zip(python, "live_job", folder, fake_program(folder))


@pytest.fixture(scope="session")
def history(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    return _run_with_zip(python, "history", folder, fake_program(folder))


@pytest.fixture(scope="session")
def prompt_sources(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prompt_sources")
    return _run_with_zip(python, "prompt_sources", folder, fake_program(folder))


@pytest.fixture(scope="session")
def placed_jobs(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("placed_jobs")
    return _run_with_zip(python, "placed_jobs", folder, fake_program(folder))


@pytest.fixture(scope="session")
def kept_results(python, tmp_path_factory):
    return _run_with_zip(python, "kept_results", tmp_path_factory.mktemp("kept_results ü"), "")


@pytest.fixture(scope="session")
def object_tools(python, tmp_path_factory):
    return _run_with_zip(python, "object_tools", tmp_path_factory.mktemp("object_tools"), "")


@pytest.fixture(scope="session")
def demo_mode(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo mode ü")
    return _run_with_zip(python, "demo_mode", folder, "")


@pytest.fixture(scope="session")
def command_line(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("command_line")
    return _run_with_zip(python, "command_line", folder, fake_program(folder))


@pytest.fixture(scope="session")
def real_server(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real_server")
    return _run_with_zip(python, "real_server", folder, real_program(folder))


@pytest.fixture(scope="session")
def backend_care(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("backend_care")
    return _run_with_zip(python, "backend_care", folder, fake_program(folder))


@pytest.fixture(scope="session")
def self_hosted(python, tmp_path_factory):
    folder = tmp_path_factory.mktemp("self hosted ü")
    repository = folder / "repository"
    try:
        release([current_platform()], PYTHONS, repository)
    except BuildError as error:
        pytest.skip(str(error))
    return run_scenario(python, "self_hosted", folder, {"ANY_TO_3D_REPOSITORY": str(repository)})


def _run_with_zip(python, scenario, folder, program):
    try:
        addon = build(current_platform(), PYTHONS, folder)
    except BuildError as error:
        pytest.skip(str(error))
    return run_scenario(python, scenario, folder, {"ANY_TO_3D_ZIP": str(addon), "ANY_TO_3D_PROGRAM": program})


def _claims(scenario):
    return claims_of(HERE / "scenarios" / f"{scenario}.py")


@pytest.mark.parametrize("claim", _claims("live_object"))
def test_live_object(live_object, claim):
    _assert_holds(live_object, claim)


@pytest.mark.parametrize("claim", _claims("installed_addon"))
def test_installed_addon(installed_addon, claim):
    _assert_holds(installed_addon, claim)


@pytest.mark.parametrize("claim", _claims("live_job"))
def test_live_job(live_job, claim):
    _assert_holds(live_job, claim)


@pytest.mark.parametrize("claim", _claims("history"))
def test_history(history, claim):
    _assert_holds(history, claim)


@pytest.mark.parametrize("claim", _claims("prompt_sources"))
def test_prompt_sources(prompt_sources, claim):
    _assert_holds(prompt_sources, claim)


@pytest.mark.parametrize("claim", _claims("placed_jobs"))
def test_placed_jobs(placed_jobs, claim):
    _assert_holds(placed_jobs, claim)


@pytest.mark.parametrize("claim", _claims("kept_results"))
def test_kept_results(kept_results, claim):
    _assert_holds(kept_results, claim)


@pytest.mark.parametrize("claim", _claims("object_tools"))
def test_object_tools(object_tools, claim):
    _assert_holds(object_tools, claim)


@pytest.mark.parametrize("claim", _claims("demo_mode"))
def test_demo_mode(demo_mode, claim):
    _assert_holds(demo_mode, claim)


@pytest.mark.parametrize("claim", _claims("command_line"))
def test_command_line(command_line, claim):
    _assert_holds(command_line, claim)


@pytest.mark.parametrize("claim", _claims("real_server"))
def test_real_server(real_server, claim):
    _assert_holds(real_server, claim)


@pytest.mark.parametrize("claim", _claims("backend_care"))
def test_backend_care(backend_care, claim):
    _assert_holds(backend_care, claim)


@pytest.mark.parametrize("claim", _claims("self_hosted"))
def test_self_hosted(self_hosted, claim):
    _assert_holds(self_hosted, claim)


def _assert_holds(outcomes, claim):
    assert claim in outcomes, f"Blender ended before this claim; its last output:\n{outcomes['log']}"
    assert not outcomes[claim], outcomes[claim]
