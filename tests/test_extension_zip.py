"""The add-on's zip: what is in it, that the same sources give the same bytes, and what a failed build says."""

import ast
import hashlib
import tomllib
import zipfile
from pathlib import Path

import pytest
from any_to_3d.backend.extension import build_zip
from any_to_3d.backend.extension.build_zip import BuildError, build, fetch, select
from any_to_3d.backend.extension.pinned_wheels import PIP_PLATFORMS, PYTHONS, WHEELS, Wheel

CONTENT = b"stands in for a wheel"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of stand-in wheels under the pinned names, so that nothing is downloaded."""
    pins = tuple(Wheel(each.name, each.platforms, each.pythons, hashlib.sha256(CONTENT).hexdigest()) for each in WHEELS)
    monkeypatch.setattr(build_zip, "WHEELS", pins)
    folder = tmp_path / "cache"
    folder.mkdir()
    for each in pins:
        (folder / each.name).write_bytes(CONTENT)
    return folder


@pytest.fixture
def archive(cache, tmp_path):
    with zipfile.ZipFile(build("linux-x64", ["3.11", "3.13"], tmp_path, cache)) as opened:
        yield opened


def test_the_zip_holds_the_packages_unmodified_below_one_line(archive):
    assert archive.read("__init__.py") == b"from .blender_addon import register, unregister\n"
    for package in ("blender_addon", "shared"):
        sources = {
            path.relative_to(build_zip.SOURCES).as_posix() for path in (build_zip.SOURCES / package).glob("*.py")
        }
        assert sources <= set(archive.namelist())
        for name in sources:
            assert archive.read(name) == (build_zip.SOURCES / name).read_bytes()


def test_the_zip_holds_nothing_of_the_backend_and_no_compiled_files(archive):
    assert {name.split("/")[0] for name in archive.namelist()} == {
        "__init__.py", "blender_manifest.toml", "blender_addon", "shared", "wheels", "docs"
    }  # fmt: skip
    assert not [name for name in archive.namelist() if name.endswith(".pyc")]


def test_the_zip_holds_the_demos_recording_once_and_as_it_is(archive):
    name = "blender_addon/demo/recording.npz"
    assert [each for each in archive.namelist() if each.endswith(".npz")] == [name]
    assert archive.read(name) == (build_zip.SOURCES / name).read_bytes()


def test_the_manifest_names_exactly_the_wheels_in_the_zip(archive):
    manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
    bundled = {f"./{name}" for name in archive.namelist() if name.startswith("wheels/")}
    assert set(manifest["wheels"]) == bundled
    assert manifest["platforms"] == ["linux-x64"]
    assert manifest["id"] == "any_to_3d"
    assert set(manifest["permissions"]) == {"network", "files"}
    # Blender's own validator refuses longer ones, and a full stop.
    sentences = [manifest["tagline"], *manifest["permissions"].values()]
    assert [sentence for sentence in sentences if len(sentence) > 64 or sentence.endswith(".")] == []


def test_the_same_sources_give_the_same_bytes(cache, tmp_path):
    first = build("linux-x64", ["3.13", "3.11"], tmp_path / "first", cache)
    second = build("linux-x64", ["3.11", "3.13"], tmp_path / "second", cache)
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("platform", PIP_PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_both_libraries_are_pinned_for_every_platform_and_python(platform, python):
    assert [wheel.distribution for wheel in select(platform, [python])] == ["msgpack", "pyzmq"]


def test_numpy_is_never_bundled():
    assert {wheel.distribution for wheel in WHEELS} == {"msgpack", "pyzmq"}


def test_a_python_without_wheels_is_refused_with_those_that_have_them():
    with pytest.raises(BuildError, match=r"Python 3\.9 on linux-x64.*3\.11, 3\.13, 3\.14"):
        select("linux-x64", ["3.9"])


def test_an_unknown_platform_is_refused_with_the_known_ones():
    with pytest.raises(BuildError, match="'amiga'; use one of linux-x64"):
        select("amiga", ["3.11"])


def test_a_wheel_with_another_hash_is_refused(cache):
    wheel = build_zip.WHEELS[0]
    (cache / wheel.name).write_bytes(b"something else")
    with pytest.raises(BuildError, match="SHA-256"):
        fetch(wheel, cache)


def test_a_wheel_that_cannot_be_had_says_which_and_where_to_put_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = Wheel("pyzmq-0.0.0-cp311-cp311-win_amd64.whl", ("windows-x64",), ("3.11",), "0")
    with pytest.raises(BuildError, match=r"cannot get pyzmq-0\.0\.0.*put that file into"):
        fetch(wheel, tmp_path)


def test_every_import_between_our_packages_is_relative():
    ours = ("any_to_3d", "blender_addon", "shared", "backend")
    for package in ("blender_addon", "shared"):
        for path in (build_zip.SOURCES / package).rglob("*.py"):
            assert not [name for name in _absolute_imports(path) if name.split(".")[0] in ours], path


def _absolute_imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.append(node.module or "")
    return found
