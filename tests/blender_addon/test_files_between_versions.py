"""Files with a history between the oldest and the newest Blender that are here, in both directions."""

import subprocess
from functools import cache

import pytest
from any_to_3d.backend.extension.build_zip import BuildError, build, current_platform
from any_to_3d.backend.extension.pinned_wheels import PYTHONS
from bpy_pythons import HERE, fake_program, pythons, run_scenario
from run_scenario import claims_of

_REFUSAL = "not a blend file"
"""Blender's own words for a file that is too new for it."""

READING = claims_of(HERE / "scenarios" / "history_read.py")


@cache
def version_of(python):
    """As in (4, 2, 23)."""
    said = subprocess.run([python, "-c", "import bpy; print(bpy.app.version)"], capture_output=True, text=True)
    return tuple(int(part) for part in said.stdout.strip().strip("()").split(","))


@pytest.fixture(scope="session")
def oldest_and_newest():
    found = sorted(pythons(), key=version_of)
    if len(found) < 2 or version_of(found[0]) == version_of(found[-1]):
        pytest.skip("needs bpy of two versions: name Pythons in ANY_TO_3D_BPY_PYTHONS")
    return found[0], found[-1]


@pytest.fixture(scope="session")
def read_back(tmp_path_factory):
    """Runs the scenario that reads what another Blender has written; once for each pair."""

    @cache
    def written(writer):
        file = tmp_path_factory.mktemp("files") / "Stück 作品.blend"
        outcomes = _run(writer, "history_written", file, tmp_path_factory)
        assert file.is_file(), outcomes
        return file

    @cache
    def outcomes(writer, reader):
        return _run(reader, "history_read", written(writer), tmp_path_factory)

    return outcomes


def _run(python, scenario, file, folders):
    folder = folders.mktemp(scenario)
    try:
        addon = build(current_platform(), PYTHONS, folder)
    except BuildError as error:
        pytest.skip(str(error))
    program = fake_program(folder)
    variables = {"ANY_TO_3D_ZIP": str(addon), "ANY_TO_3D_PROGRAM": program, "ANY_TO_3D_FILE": str(file)}
    return run_scenario(python, scenario, folder, variables)


@pytest.mark.parametrize("claim", READING)
def test_d11_the_newest_blender_reads_the_history_of_the_oldest(oldest_and_newest, read_back, claim):
    oldest, newest = oldest_and_newest
    outcomes = read_back(oldest, newest)
    assert outcomes.get(claim) == "", outcomes


@pytest.mark.parametrize("claim", READING)
@pytest.mark.parametrize("reader", pythons())
def test_d11_an_older_blender_reads_the_history_of_the_newest_if_it_opens_the_file(
    oldest_and_newest, read_back, reader, claim
):
    _, newest = oldest_and_newest
    if reader == newest:
        pytest.skip("this is the newest one")
    outcomes = read_back(newest, reader)
    if _REFUSAL in outcomes["log"]:
        pytest.skip(f"Blender {outcomes['version']} opens no files of {version_of(newest)}")
    assert outcomes.get(claim) == "", outcomes
