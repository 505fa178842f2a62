"""The scenarios, each claim a test, on every Python with bpy that bpy_pythons.py finds."""

import os
from functools import cache

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
def outcomes_of(python, tmp_path_factory):
    """Runs a scenario the first time it is asked for; its claims then only look at what came out."""

    @cache
    def outcomes(scenario):
        folder = tmp_path_factory.mktemp(scenario.replace("_", " ") + " ü")
        return run_scenario(python, scenario, folder, SCENARIOS[scenario](folder))

    return outcomes


def _from_source(folder):
    return {"PYTHONPATH": source_path(folder)}


def _installed(program=lambda folder: ""):
    """The add-on's zip, and a program that plays the backend."""

    def variables(folder):
        try:
            addon = build(current_platform(), PYTHONS, folder)
        except BuildError as error:
            pytest.skip(str(error))
        return {"ANY_TO_3D_ZIP": str(addon), "ANY_TO_3D_PROGRAM": program(folder)}

    return variables


def _self_hosted(folder):
    repository = folder / "repository"
    try:
        release([current_platform()], PYTHONS, repository)
    except BuildError as error:
        pytest.skip(str(error))
    return {"ANY_TO_3D_REPOSITORY": str(repository)}


SCENARIOS = {
    "live_object": _from_source,
    "source_meshes": _from_source,
    "installed_addon": _installed(fake_program),
    "live_job": _installed(fake_program),
    "history": _installed(fake_program),
    "prompt_sources": _installed(fake_program),
    "placed_jobs": _installed(fake_program),
    "surroundings": _installed(fake_program),
    "rests": _installed(fake_program),
    "in_place": _installed(fake_program),
    "again": _installed(fake_program),
    "growth": _installed(fake_program),
    "kept_results": _installed(),
    "object_tools": _installed(),
    "retexture": _installed(fake_program),
    "retexture_traces": _installed(fake_program),
    "demo_mode": _installed(),
    "command_line": _installed(fake_program),
    "real_server": _installed(real_program),
    "backend_keys": _installed(real_program),
    "real_iteration": _installed(real_program),
    "real_retexture": _installed(real_program),
    "backend_care": _installed(fake_program),
    "unusual_places": _installed(fake_program),
    "self_hosted": _self_hosted,
}
"""What each scenario finds in its environment, made in a folder of its own."""

CLAIMS = [(each, claim) for each in SCENARIOS for claim in claims_of(HERE / "scenarios" / f"{each}.py")]


@pytest.mark.parametrize(("scenario", "claim"), CLAIMS)
def test_claim(outcomes_of, scenario, claim):
    outcomes = outcomes_of(scenario)
    assert claim in outcomes, f"Blender ended before this claim; its last output:\n{outcomes['log']}"
    assert not outcomes[claim], outcomes[claim]
