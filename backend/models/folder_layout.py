"""What a model folder must hold, in the hub's own layout, and what to do about what it lacks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from safetensors import SafetensorError, safe_open

from .conditioning import CONDITIONING_FILE, read_shared
from .default_folder import fetch_command
from .joint_folder import AUDIO_ENCODER, BUILTIN_FOLDER, joint_modalities

Layout = Literal["stable_unclip", "zero123", "clip", "image_encoder", "imagebind"]

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True)
class Damage:
    """One thing wrong with a model folder, and the step that mends it."""

    path: Path
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path} {self.problem}; {self.remedy}"


class MissingWeights(FileNotFoundError):
    """A model folder cannot be used; the message lists every damage with its remedy."""

    def __init__(self, folder: Path, damages: tuple[Damage, ...]) -> None:
        super().__init__(f"the model folder {folder} is not usable:\n" + "\n".join(f"  {damage}" for damage in damages))
        self.folder = folder
        self.damages = damages


@dataclass(frozen=True)
class Component:
    """One sub-folder: ``files`` of which one alternative must be there, and the stem of its weights, if it has any.

    companions: files that a loader reads where a repository has them, and that are therefore fetched, not required.
    """

    name: str
    files: tuple[str, ...] = ("config.json",)
    weights: str | None = None
    companions: tuple[str, ...] = ()


_DIFFUSERS = "diffusion_pytorch_model"
_TRANSFORMERS = "model"
UNET = Component("unet", weights=_DIFFUSERS)
VAE = Component("vae", weights=_DIFFUSERS)
SCHEDULER = Component("scheduler", files=("scheduler_config.json",))
TEXT_ENCODER = Component("text_encoder", weights=_TRANSFORMERS)
_TOKENIZER_FILES = ("tokenizer.json", "vocab.json")
_TOKENIZER_COMPANIONS = ("merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
TOKENIZER = Component("tokenizer", files=_TOKENIZER_FILES, companions=_TOKENIZER_COMPANIONS)
IMAGE_ENCODER = Component("image_encoder", weights=_TRANSFORMERS)
FEATURE_EXTRACTOR = Component("feature_extractor", files=("preprocessor_config.json",))
IMAGE_NORMALIZER = Component("image_normalizer", weights=_DIFFUSERS)
IMAGE_NOISING = Component("image_noising_scheduler", files=("scheduler_config.json",))
CAMERA_PROJECTIONS = (
    Component("clip_camera_projection", weights=_DIFFUSERS),
    Component("cc_projection", weights=_DIFFUSERS),
)
AUDIO = (
    Component(AUDIO_ENCODER, weights=_TRANSFORMERS),
    Component(AUDIO_ENCODER, files=("preprocessor_config.json",)),
)
CLIP_AS_ONE = (
    Component(".", weights=_TRANSFORMERS),
    Component(".", files=_TOKENIZER_FILES, companions=_TOKENIZER_COMPANIONS),
    Component(".", files=("preprocessor_config.json",)),
)


def components(folder: Path, layout: Layout) -> tuple[Component, ...]:
    """What this folder must hold. A prior with ``conditioning.json`` reads no words and needs no text encoder."""
    if layout == "stable_unclip" and (folder / CONDITIONING_FILE).exists():
        return (UNET, VAE, SCHEDULER)
    published = published_components(layout, lambda name: (folder / name).exists())
    return (*published, *AUDIO) if layout == "clip" and "audio" in joint_modalities(folder) else published


def published_components(layout: Layout, has: Callable[[str], bool]) -> tuple[Component, ...]:
    """What a published network of this layout consists of; ``has`` tells its variants apart by a file or folder."""
    if layout == "imagebind":
        return (Component(".", files=(), weights=_TRANSFORMERS),)
    if layout == "image_encoder":
        return (IMAGE_ENCODER, FEATURE_EXTRACTOR)
    if layout == "clip":
        return CLIP_AS_ONE if has("config.json") else (TEXT_ENCODER, TOKENIZER, IMAGE_ENCODER, FEATURE_EXTRACTOR)
    if layout == "zero123":
        projection = CAMERA_PROJECTIONS[has(CAMERA_PROJECTIONS[1].name)]
        return (UNET, VAE, SCHEDULER, projection, IMAGE_ENCODER, FEATURE_EXTRACTOR)
    return (UNET, VAE, SCHEDULER, TEXT_ENCODER, TOKENIZER, IMAGE_NORMALIZER, IMAGE_NOISING)


def check_folder(folder: Path, layout: Layout) -> tuple[Damage, ...]:
    """Everything missing or damaged, by file; empty when the folder can be loaded. Reads no tensor data.

    Raises ValueError for a ``shared`` pointer that leaves the models' root, the folder's parent.
    """
    if not folder.is_dir():
        return (Damage(folder, "is missing", _remedy(folder, layout, ".")),)
    return tuple(
        Damage(path, problem, _remedy(folder, layout, component.name))
        for component in components(folder, layout)
        for path, problem in _problems(component_path(folder, component.name), component)
    )


def require_folder(folder: Path, layout: Layout) -> None:
    """Raises MissingWeights naming each file that is missing or damaged."""
    damages = check_folder(folder, layout)
    if damages:
        raise MissingWeights(folder, damages)


def component_path(folder: Path, name: str) -> Path:
    """Where a component lies: in the folder, or where ``shared`` in conditioning.json points to.

    Raises ValueError for a pointer out of the models' root: a downloaded folder must not read the rest of the disk.
    """
    pointer = read_shared(folder).get(name)
    if pointer is None:
        return folder / name
    target, root = (folder / pointer).resolve(), folder.resolve().parent
    if not target.is_relative_to(root):
        raise ValueError(
            f"{folder / CONDITIONING_FILE}: shared {name} points to {pointer!r}, outside the models' folder {root}; "
            "move the component below it"
        )
    return target


def weights_variant(path: Path, stem: str) -> Literal["fp16"] | None:
    """The hub's name for half-precision files, where a component has no others."""
    has_half_only = not (path / f"{stem}.safetensors").exists() and (path / f"{stem}.fp16.safetensors").exists()
    return "fp16" if has_half_only else None


def weights_file(path: Path, stem: str) -> Path:
    """The component's safetensors file, full precision before half."""
    variant = weights_variant(path, stem)
    return path / (f"{stem}.{variant}.safetensors" if variant else f"{stem}.safetensors")


def _problems(path: Path, component: Component) -> Iterator[tuple[Path, str]]:
    present = [path / name for name in component.files if (path / name).is_file()]
    if component.files and not present:
        yield path / component.files[0], "is missing"
    for file in present:
        problem = _json_problem(file)
        if problem:
            yield file, problem
    if component.weights is not None:
        problem = _weights_problem(path, component.weights)
        if problem:
            yield weights_file(path, component.weights), problem


def _json_problem(file: Path) -> str | None:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return "is not JSON"
    return None


def _weights_problem(path: Path, stem: str) -> str | None:
    file = weights_file(path, stem)
    if not file.is_file():
        pickled = sorted(other.name for other in path.glob("*") if other.suffix in PICKLES)
        return f"is missing ({pickled[0]} is pickled and can run code: it is never read)" if pickled else "is missing"
    try:
        with safe_open(file, framework="pt") as tensors:
            return None if tensors.keys() else "holds no tensors"
    except SafetensorError as error:
        return f"is damaged or cut short ({error})"


def _remedy(folder: Path, layout: Layout, component: str) -> str:
    if folder.resolve().is_relative_to(BUILTIN_FOLDER.resolve()):
        return "reinstall any-to-3d: its own models are part of the package"
    if component == AUDIO_ENCODER:
        return f"no public repository has it: restore the file, or delete {AUDIO_ENCODER}/ to do without sounds"
    if layout == "image_encoder":
        return "restore it: this tower is part of a folder of another model"
    if folder.name != layout:
        return f"fetch it with: {fetch_command(layout, folder.parent)} (into a folder named {layout})"
    return f"fetch it with: {fetch_command(layout, folder.parent)}"
