"""What ``any-to-3d doctor`` looks at; every finding is a sentence and, unless all is well, a remedy."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import zmq

from .access.key_findings import check_keys
from .addresses import DEFAULT_ADDRESS, parse_address
from .catalogue import ProfileName
from .finding import Finding, Level
from .listening import PortInUse, bind
from .store import default_folder

LAYOUTS: tuple[Literal["clip", "stable_unclip", "zero123"], ...] = ("clip", "stable_unclip", "zero123")
PYTHONS = ((3, 11), (3, 14))
LEAST_FREE_BYTES = 2**30


def diagnose(
    profile: ProfileName, device: str, models_folder: Path | None, data: Path | None, keys: Path | None = None
) -> Iterator[Finding]:
    """Every check in turn; a check that breaks is itself a problem and does not stop the others."""
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", check_python),
        ("port", check_port),
        ("data folder", lambda: check_data_folder(data or default_folder())),
        ("blender", check_blender),
    ]
    if keys is not None:
        checks.append(("keys", lambda: check_keys(keys)))
    if profile != "fake":
        checks += [
            ("torch", lambda: check_device(device)),
            ("weights", lambda: check_weights(profile, models_folder)),
        ]
    if profile == "full":
        checks.append(("memory", lambda: check_memory(device, models_folder)))
    for subject, check in checks:
        try:
            yield from check()
        except Exception as error:
            yield Finding("problem", subject, f"the check itself failed: {type(error).__name__}: {error}", "Report it.")


def check_python() -> Iterator[Finding]:
    version = sys.version_info[:2]
    text = f"{platform.python_version()} on {platform.platform(terse=True)}"
    if PYTHONS[0] <= version <= PYTHONS[1]:
        yield Finding("ok", "python", text)
    else:
        yield Finding("problem", "python", text, "Install Python 3.11, 3.12, 3.13 or 3.14.")


def check_port(address: str = DEFAULT_ADDRESS) -> Iterator[Finding]:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        try:
            bind(router, parse_address(address))
        except PortInUse:
            remedy = "If that is your backend, all is well; otherwise serve with --port and another number."
            yield Finding("warning", "port", f"{address} is in use", remedy)
        else:
            yield Finding("ok", "port", f"{address} is free")


def check_data_folder(folder: Path) -> Iterator[Finding]:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        yield Finding(
            "problem", "data folder", f"{folder} cannot be written: {error}", "Pass --data with another folder."
        )
        return
    if free < LEAST_FREE_BYTES:
        remedy = "Free some space, or pass --data with a folder on another disk."
        yield Finding("warning", "data folder", f"{folder} has {free / 2**30:.1f} GiB left", remedy)
    else:
        yield Finding("ok", "data folder", f"{folder} can be written, {free / 2**30:.0f} GiB free")


def check_blender() -> Iterator[Finding]:
    if importlib.util.find_spec("bpy") is not None:
        yield Finding("ok", "blender", f"bpy {importlib.metadata.version('bpy')} in this environment")
    elif program := shutil.which("blender"):
        yield Finding("ok", "blender", f"found {program}")
    else:
        remedy = (
            "Install Blender 4.2 or later; or, in the folder of any-to-3d's source, pip install -e '.[blender]', as in"
            " the README's 'Try it'. Only the demo needs it here."
        )
        yield Finding("warning", "blender", "neither bpy nor a blender on PATH", remedy)


def check_device(name: str) -> Iterator[Finding]:
    import torch

    from .kernels.select import select_kernels
    from .runtime import choose_device

    yield Finding("ok", "torch", f"{torch.__version__}, {torch.get_num_threads()} of {os.cpu_count()} CPU threads")
    try:
        device = choose_device(name)
    except ValueError as error:
        yield Finding("problem", "device", str(error), "Pass --device cpu.")
        return
    shown = f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)
    yield Finding("ok", "device", shown)
    kernels, report = select_kernels("auto", device)
    text = report.removeprefix("kernels: ")
    if kernels.name in ("reference", "torch"):
        faster = "pip install numba" if device.type == "cpu" else "the line says what keeps Triton's out"
        yield Finding("warning", "kernels", text, f"They are right but slow; {faster}.")
    else:
        yield Finding("ok", "kernels", text)


def check_weights(profile: ProfileName, models_folder: Path | None) -> Iterator[Finding]:
    from .models.folder_layout import check_folder
    from .runtime import models_root

    if profile == "builtin" and models_folder is not None:
        text = f"--models-folder {models_folder} is not used: profile builtin has its own networks"
        yield Finding("warning", "weights", text, "Leave it out, or pass --profile full.")

    try:
        root = models_root(profile, models_folder)
    except FileNotFoundError as error:
        yield Finding("problem", "weights", str(error), "'any-to-3d models list' says what there is.")
        return
    if profile == "full":
        yield from check_fetched(root)
        return
    for layout in LAYOUTS:
        damages = check_folder(root / layout, layout)
        for damage in damages:
            yield Finding("problem", f"weights {layout}", f"{damage.path} {damage.problem}", damage.remedy)
        if not damages:
            yield Finding("ok", f"weights {layout}", f"complete in {root / layout}")
    yield from check_sums(root)


def check_fetched(root: Path) -> Iterator[Finding]:
    """Layout and sizes of the big networks; 'models check' also reads all of their files."""
    from .weights.inspection import inspect
    from .weights.known_models import needed_models

    for model in needed_models(root):
        inspection = inspect(model.name, root, with_checksums=False)
        subject = f"weights {model.name}"
        for damage in inspection.damages:
            yield Finding("problem", subject, f"{damage.path} {damage.problem}", damage.remedy)
        if inspection.state == "unverified":
            text = f"complete in {inspection.folder}, but without a manifest of what its files must be"
            yield Finding("warning", subject, text, "Compare the files with their source, or fetch them.")
        if inspection.state == "whole":
            yield Finding("ok", subject, f"complete in {inspection.folder}; 'any-to-3d models check' compares contents")


def check_sums(root: Path) -> Iterator[Finding]:
    """Compare files with the folder's SHA256SUMS, where it has one."""
    import hashlib

    listing = root / "SHA256SUMS"
    if not listing.is_file():
        yield Finding("warning", "checksums", f"{root} has no SHA256SUMS", "Compare the files with their source.")
        return
    wrong, count = [], 0
    for line in listing.read_text("utf-8").splitlines():
        expected, _, name = line.partition("  ")
        path = root / name
        count += 1
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            wrong.append(name)
    if wrong:
        text = f"{len(wrong)} of {count} files differ, first {wrong[0]}"
        yield Finding("problem", "checksums", text, "Install the package again.")
    else:
        yield Finding("ok", "checksums", f"{count} files are as they should be")


def check_memory(device_name: str, models_folder: Path | None) -> Iterator[Finding]:
    """What each preset of profile full needs; for a GPU of this computer, whether it fits and what to lower."""
    import torch

    from .device_memory import memory_of, missing_gpu
    from .generator.recipes import PRESETS
    from .models.default_folder import chosen_models_folder
    from .models.precision import choose_precision, describe_precision, precision_for
    from .network_weights import weights_of
    from .preset_memory import preset_memories
    from .runtime import choose_device

    try:
        device = choose_device(device_name)
    except ValueError:
        device = torch.device("cpu")  # check_device has said what is wrong with it
    yield Finding("ok", "precision", describe_precision(device).removeprefix("precision: "))
    memory = memory_of(device)
    if memory is None:
        reason, remedy = missing_gpu()
        text = f"profile full takes about a day for an object on {device}, by estimate{f'; {reason}' if reason else ''}"
        yield Finding("warning", "graphics card", text, remedy or "Pass --device cuda.")
    precision = precision_for("cuda", has_bfloat16=True) if memory is None else choose_precision(device)
    networks = weights_of(chosen_models_folder(models_folder), precision.dtype)
    if networks.are_published:
        yield Finding("ok", "memory", "by the sizes of the published networks, as the folder is not complete")
    for preset in preset_memories(PRESETS["full"], networks, memory):
        level: Level = "warning" if preset.fits is False else "ok"
        yield Finding(level, f"memory {preset.preset}", preset.text, preset.advice)
