"""Finding backends on the three systems, in homes that are made up here."""

import pytest
from any_to_3d.blender_addon.connection.programs import Surroundings, found_programs, program_in, this_system
from any_to_3d.blender_addon.connection.setup_guide import setup_steps

SYSTEMS = ("linux", "windows", "macos")

PLACES = {
    "linux": (
        ".virtualenvs/props", ".pyenv/versions/3.12.1", "miniconda3/envs/gpu", "miniforge3", "any-to-3d",
        "any_to_3d/.venv", ".local/share/pipx/venvs/any-to-3d", ".local/share/uv/tools/any-to-3d",
    ),
    "macos": (
        "Library/Application Support/pipx/venvs/any-to-3d", ".local/share/uv/tools/any-to-3d", "anaconda3/envs/x"
    ),
    "windows": (
        "pipx/venvs/any-to-3d", "AppData/Roaming/uv/tools/any-to-3d", "anaconda3/envs/x", "any-to-3d",
        "AppData/Local/pipx/pipx/venvs/any-to-3d",
    ),
}  # fmt: skip


def installed(environment, system="linux"):
    path = program_in(environment, system)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("system", "place"), [(system, place) for system in SYSTEMS for place in PLACES[system]])
def test_d3_a_program_is_found_in_the_usual_places_of_each_system(system, place, tmp_path):
    home = tmp_path / "Zoë Müller"
    path = installed(home / place, system)
    assert found_programs(Surroundings(home, {}, system)) == (path,)


def test_d3_an_environment_beside_the_blend_file_is_found(tmp_path):
    path = installed(tmp_path / "project" / ".venv")
    near = (tmp_path / "project" / "scenes", tmp_path / "project")
    assert found_programs(Surroundings(tmp_path / "home", {}, near=near)) == (path,)


def test_d3_the_environment_in_use_comes_first_then_path_then_the_home(tmp_path):
    active, on_path = installed(tmp_path / "active"), installed(tmp_path / "on path")
    at_home = installed(tmp_path / "home" / "any-to-3d")
    variables = {"VIRTUAL_ENV": str(tmp_path / "active"), "PATH": str(tmp_path / "on path" / "bin")}
    assert found_programs(Surroundings(tmp_path / "home", variables)) == (active, on_path, at_home)


def test_d3_a_program_that_is_linked_from_path_is_found_once(tmp_path):
    installed(tmp_path / "home" / ".local" / "share" / "uv" / "tools" / "any-to-3d")
    link = tmp_path / "home" / ".local" / "bin" / "any-to-3d"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "home/.local/share/uv/tools/any-to-3d/bin/any-to-3d")
    found = found_programs(Surroundings(tmp_path / "home", {"PATH": str(link.parent)}))
    assert found == (link,)


def test_d3_environments_that_conda_lists_are_looked_into(tmp_path):
    path = installed(tmp_path / "elsewhere")
    listing = tmp_path / "home" / ".conda" / "environments.txt"
    listing.parent.mkdir(parents=True)
    listing.write_text(f"/gone\n{tmp_path / 'elsewhere'}\n")
    assert found_programs(Surroundings(tmp_path / "home")) == (path,)


def test_no_program_is_no_error(tmp_path):
    assert found_programs(Surroundings(tmp_path / "no home", {"PATH": ""}, "macos")) == ()


@pytest.mark.parametrize("system", SYSTEMS)
def test_d3_the_guide_makes_an_environment_where_the_search_finds_it(system, tmp_path):
    commands = [step.command for step in setup_steps(system)]
    made = next(command for command in commands if " -m venv " in command)
    folder = made.split(" -m venv ")[1].strip('"').replace("%USERPROFILE%\\", "").removeprefix("~/")
    path = installed(tmp_path / folder, system)
    assert found_programs(Surroundings(tmp_path, {}, system)) == (path,)


@pytest.mark.parametrize("system", SYSTEMS)
def test_d3_the_guide_speaks_the_systems_own_language(system):
    text = " ".join(step.command for step in setup_steps(system))
    assert ("\\Scripts\\" in text) == (system == "windows")
    assert ("/bin/" in text) == (system != "windows")
    assert "install ." in text
    assert "doctor" in text


def test_this_system_is_one_of_the_three():
    assert this_system() in SYSTEMS
