"""Build the add-on's zip for Blender's own "Install from Disk": one for a platform, by default for every Python.

The zip holds the packages ``blender_addon`` and ``shared`` unmodified, a one-line ``__init__.py`` above them, and the
wheels of ``pinned_wheels.py``. The same sources give the same bytes. Wheels are kept in a cache, so a second build
works offline. Standard library only.
"""

from __future__ import annotations

import hashlib
import platform as machine
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from .pinned_wheels import PIP_PLATFORMS, PYTHONS, WHEELS, Wheel

SOURCES = Path(__file__).resolve().parents[2]
"""The folder of ``blender_addon/`` and ``shared/``: the repository, or the installed package."""

CACHE = Path.home() / ".cache" / "any-to-3d" / "wheels"

_PACKAGES = ("blender_addon", "shared")
_MANUAL = "docs/troubleshooting.md"
"""The page that an error's question mark shows; an installed package has none."""

_ENTRY = "from .blender_addon import register, unregister\n"
_FIXED_TIME = (2020, 1, 1, 0, 0, 0)


class BuildError(ValueError):
    """The zip cannot be built; the message says why and what to do."""


def build(platform: str, pythons: Sequence[str], out: Path, cache: Path = CACHE) -> Path:
    """Write the zip for one of Blender's platforms and these Pythons ("3.11") into ``out``; return its path.

    A zip for every Python has a name without them: it is the one to hand out.

    Raises BuildError if there is no pinned wheel, if one is neither in the cache nor to be had, or if a hash differs.
    """
    wheels = select(platform, pythons)
    wheel_paths = [fetch(wheel, cache) for wheel in wheels]
    manifest = _manifest(platform, [wheel.name for wheel in wheels])
    version = tomllib.loads(manifest)["version"]
    tags = "".join(f"-py{python.replace('.', '')}" for python in sorted(pythons) if set(pythons) != set(PYTHONS))
    target = out / f"any_to_3d-{version}-{platform}{tags}.zip"
    out.mkdir(parents=True, exist_ok=True)
    entries = {"__init__.py": _ENTRY.encode(), "blender_manifest.toml": manifest.encode(), **_sources()}
    entries |= {f"wheels/{path.name}": path.read_bytes() for path in wheel_paths}
    _write_zip(target, entries)
    return target


def select(platform: str, pythons: Iterable[str]) -> list[Wheel]:
    """The pinned wheels for a platform and Pythons, each once. Raises BuildError where one is missing."""
    if platform not in PIP_PLATFORMS:
        raise BuildError(f"no such platform: '{platform}'; use one of {', '.join(PIP_PLATFORMS)}")
    chosen: dict[str, Wheel] = {}
    for python in pythons:
        for distribution in sorted({wheel.distribution for wheel in WHEELS}):
            fitting = [wheel for wheel in WHEELS if wheel.distribution == distribution and platform in wheel.platforms]
            wheel = next((wheel for wheel in fitting if python in wheel.pythons), None)
            if wheel is None:
                raise BuildError(
                    f"no wheel of {distribution} is pinned for Python {python} on {platform}; "
                    f"pinned are Pythons {', '.join(PYTHONS)}. Add it to pinned_wheels.py"
                )
            chosen[wheel.name] = wheel
    return [chosen[name] for name in sorted(chosen)]


def fetch(wheel: Wheel, cache: Path) -> Path:
    """The wheel's file in the cache, downloaded by pip if it is not there. Raises BuildError, also for a wrong hash."""
    path = cache / wheel.name
    if not path.is_file():
        _download(wheel, cache)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise BuildError(f"{path} has SHA-256 {found}, but {wheel.sha256} is pinned. Delete that file and build again")
    return path


def current_platform() -> str:
    """Blender's name of the platform that this Python runs on. Raises BuildError if Blender has none."""
    system = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}.get(machine.system(), machine.system().lower())
    architecture = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64"}.get(
        machine.machine(), machine.machine().lower()
    )
    name = f"{system}-{architecture}"
    if name not in PIP_PLATFORMS:
        raise BuildError(f"Blender has no extensions for {name}; it has them for {', '.join(PIP_PLATFORMS)}")
    return name


def _download(wheel: Wheel, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary", ":all:", "--implementation", "cp", "--dest", folder]
        command += ["--platform", PIP_PLATFORMS[wheel.platforms[0]], "--python-version", wheel.pythons[0]]
        done = subprocess.run([*command, wheel.requirement], capture_output=True, text=True, check=False)
        found = Path(folder) / wheel.name
        if not found.is_file():
            reason = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "pip found another")
            raise BuildError(
                f"cannot get {wheel.name}: {reason}. Connect to the network, or put that file into {cache}"
            )
        found.replace(cache / wheel.name)


def _manifest(platform: str, wheel_names: Sequence[str]) -> str:
    text = (SOURCES / "blender_addon" / "blender_manifest.toml").read_text(encoding="utf-8")
    wheels = "".join(f'  "./wheels/{name}",\n' for name in wheel_names)
    lists = f'platforms = ["{platform}"]\nwheels = [\n{wheels}]\n\n'
    # Keys of the top level have to stand before the first table.
    return text.replace("[permissions]", f"{lists}[permissions]", 1)


def _sources() -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    for package in _PACKAGES:
        for path in sorted((SOURCES / package).rglob("*")):
            is_wanted = path.suffix in (".py", ".npz") or path.name == "LICENSE"
            if path.is_file() and is_wanted:
                entries[path.relative_to(SOURCES).as_posix()] = path.read_bytes()
    if (SOURCES / _MANUAL).is_file():
        entries[_MANUAL] = (SOURCES / _MANUAL).read_bytes()
    return entries


def _write_zip(target: Path, entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.external_attr = 0o644 << 16
            # Wheels are zips already.
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            archive.writestr(info, entries[name], compresslevel=9)
