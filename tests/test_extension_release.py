"""A release of the add-on: every platform's zip, the repository's index around them, and Blender's own opinion of both.

Blender's programs are those that come with the Pythons of ANY_TO_3D_BPY_PYTHONS, and the one of ANY_TO_3D_BLENDER.
"""

import hashlib
import json
import os
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest
from any_to_3d.backend.extension import build_zip, release, repository_index
from any_to_3d.backend.extension.blender_validation import BLENDER_VARIABLE, validate
from any_to_3d.backend.extension.build_zip import BuildError
from any_to_3d.backend.extension.pinned_wheels import PIP_PLATFORMS, PYTHONS, WHEELS, Wheel

CONTENT = b"stands in for a wheel"
LARGEST_ZIP = 25 * 2**20
NAMED = [path for path in os.environ.get("ANY_TO_3D_BPY_PYTHONS", "").split(os.pathsep) if path]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Stand-in wheels under the pinned names, so that nothing is downloaded."""
    pins = tuple(Wheel(each.name, each.platforms, each.pythons, hashlib.sha256(CONTENT).hexdigest()) for each in WHEELS)
    for module in (build_zip, repository_index):
        monkeypatch.setattr(module, "WHEELS", pins)
    folder = tmp_path / "cache"
    folder.mkdir()
    for each in pins:
        (folder / each.name).write_bytes(CONTENT)
    return folder


@pytest.fixture
def folder(cache, tmp_path):
    out = tmp_path / "dist"
    release.release(tuple(PIP_PLATFORMS), PYTHONS, out, cache)
    return out


def entries(folder):
    return json.loads((folder / "index.json").read_text("utf-8"))["data"]


def test_d1_one_command_builds_a_zip_for_every_platform_that_serves_every_python(folder):
    zips = {path.name for path in folder.glob("*.zip")}
    version = entries(folder)[0]["version"]
    assert zips == {f"any_to_3d-{version}-{platform}.zip" for platform in PIP_PLATFORMS}
    assert set(PIP_PLATFORMS) == {"linux-x64", "windows-x64", "windows-arm64", "macos-arm64", "macos-x64"}
    assert {tuple(entry["python_versions"]) for entry in entries(folder)} == {("3.11", "3.13", "3.14")}


def test_d1_every_entry_of_the_index_names_its_zip_by_size_and_hash(folder):
    for entry in entries(folder):
        content = (folder / entry["archive_url"].removeprefix("./")).read_bytes()
        assert entry["archive_size"] == len(content)
        assert entry["archive_hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert entry["platforms"][0] in entry["archive_url"]


def test_d1_the_same_sources_give_the_same_release(folder, cache, tmp_path):
    again = tmp_path / "again"
    release.release(tuple(reversed(PIP_PLATFORMS)), tuple(reversed(PYTHONS)), again, cache)
    names = sorted(path.name for path in folder.iterdir())
    assert [(again / name).read_bytes() for name in names] == [(folder / name).read_bytes() for name in names]


def test_d2_a_release_carries_pyzmq_and_msgpack_and_nothing_else(folder):
    for path in folder.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        assert {name.split("/")[-1].split("-")[0] for name in manifest["wheels"]} == {"pyzmq", "msgpack"}


@pytest.mark.parametrize("platform", PIP_PLATFORMS)
def test_d2_no_zip_is_larger_than_25_mebibytes(platform, folder):
    """Counts the real wheels that the cache holds beside the stand-ins that were zipped."""
    wheels = build_zip.select(platform, PYTHONS)
    real = sum(
        (build_zip.CACHE / each.name).stat().st_size for each in wheels if (build_zip.CACHE / each.name).exists()
    )
    sources = next(folder.glob(f"*-{platform}.zip")).stat().st_size
    assert real + sources < LARGEST_ZIP


def test_the_page_for_people_has_a_link_to_drag_for_each_platform(folder):
    page = (folder / "index.html").read_text("utf-8")
    assert page.count("repository=.%2Findex.json") == len(PIP_PLATFORMS)
    assert all(f">{platform}</a>" in page for platform in PIP_PLATFORMS)


def test_the_command_line_builds_a_release_and_says_that_nobody_validated_it(cache, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(BLENDER_VARIABLE, raising=False)
    assert release.main(["--all", "--out", str(tmp_path / "out"), "--cache", str(cache), "--blender", ""]) == 0
    said = capsys.readouterr()
    assert len(said.out.split()) == len(PIP_PLATFORMS) + 2
    assert BLENDER_VARIABLE in said.err


def test_a_blender_that_cannot_be_run_is_named(folder):
    with pytest.raises(BuildError, match=r"no-blender-here.*cannot be asked"):
        validate("/no-blender-here", next(folder.glob("*.zip")))


@pytest.fixture(params=NAMED)
def blender(request, tmp_path):
    """A program that takes Blender's arguments for extensions, and is Blender's own program for them."""
    libraries = Path(request.param).parents[1] / "lib"
    program = next(libraries.glob("python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    path = tmp_path / "blender"
    path.write_text(f'#!/bin/sh\nshift 3\nexec "{request.param}" "{program}" "$@"\n')
    path.chmod(0o755)
    return str(path)


needs_blender = pytest.mark.skipif(not NAMED, reason="no bpy here: name Pythons in ANY_TO_3D_BPY_PYTHONS")


@needs_blender
def test_d1_blender_validates_every_zip(blender, folder):
    for path in folder.glob("*.zip"):
        validate(blender, path)


@needs_blender
def test_a_zip_that_blender_refuses_fails_the_release_with_its_words(blender, folder):
    broken = folder / "broken.zip"
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("blender_manifest.toml", 'schema_version = "1.0.0"\nid = "any_to_3d"\n')
    with pytest.raises(BuildError, match=r"Blender refuses broken\.zip: .*missing"):
        validate(blender, broken)


@needs_blender
def test_d1_the_index_is_what_blender_would_have_written(blender, folder, tmp_path):
    ours = {entry["archive_url"]: entry for entry in entries(folder)}
    command = [blender, "--factory-startup", "--command", "extension", "server-generate", f"--repo-dir={folder}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "duplicates" not in said
    assert {entry["archive_url"]: entry for entry in entries(folder)} == ours


@pytest.mark.skipif(not os.environ.get(BLENDER_VARIABLE), reason=f"no Blender named in {BLENDER_VARIABLE}")
def test_d1_a_real_blender_validates_every_zip(folder):
    for path in folder.glob("*.zip"):
        validate(os.environ[BLENDER_VARIABLE], path)
