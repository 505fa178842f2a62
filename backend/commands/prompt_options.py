"""The options that say what a job is to be made of and by what, which several commands take."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ...shared.messages import AudioPrompt, ImagePrompt, TextPrompt, WeightedPrompt
from ..catalogue import ProfileName
from .places import require_writable_parent
from .threads import require_threads


@dataclass(frozen=True)
class PromptOptions:
    """A prompt of text, image and sound, and what runs it."""

    text: str | None = None
    """What to make, as in "a red chair"; beside an image or a sound a colour alone will do."""

    image: Path | None = None
    """A picture of it (PNG, JPEG, WebP ...); the object is cut out of its background first."""

    sound: Path | None = None
    """A sound of it (WAV, FLAC, OGG, MP3), for models that take sounds."""

    text_weight: float = 1.0
    """How much the text counts beside the other parts; 0 leaves it out."""

    image_weight: float = 1.0
    """How much the image counts."""

    sound_weight: float = 1.0
    """How much the sound counts."""

    negative: str = ""
    """What to avoid, as in "red"."""

    cut_out_to: Path | None = None
    """Where to write, as PNG, what is seen of the image."""

    seed: int = 0
    """The same prompt, preset and seed give the same object."""

    preset: str = "standard"
    """draft, standard or high; of profile full draft, small, standard or paper."""

    recipe: str = "xbind"
    """The method: xbind. To compare, at preset standard: stable_sds, zero_sds, zerostable_cds, no_stereo, no_planar,
    phase1_only, no_ms, augsds_phase2."""

    profile: ProfileName = "builtin"
    """builtin: the small networks of this package; full: big ones, see 'any-to-3d models'; fake: no model at all."""

    device: str = "auto"
    """cpu, cuda, cuda:0 ..."""

    models_folder: Path | None = None
    """Where the weights of profile full lie, if not where 'any-to-3d models path' says."""

    threads: int = 0
    """CPU threads; 0 takes one for the built-in models, torch's choice for others."""

    overrides: dict[str, float] = field(default_factory=dict)
    """Settings of the profile, such as steps_scale 0.1."""

    def check_places(self) -> None:
        """Raise ValueError for an option that could not be obeyed once the object is made."""
        require_threads(self.threads)
        if self.cut_out_to is None:
            return
        if self.image is None or self.image_weight == 0:
            raise ValueError("--cut-out-to needs an --image with a weight above 0: there is nothing to cut out")
        if self.cut_out_to.suffix.lower() != ".png":
            raise ValueError(f"--cut-out-to is {str(self.cut_out_to)!r}; it is written as PNG, so end it with .png")
        require_writable_parent("--cut-out-to", self.cut_out_to)

    def prompts(self) -> tuple[WeightedPrompt, ...]:
        """The prompt's parts with a weight above 0.

        Raises ValueError if there is none, a file cannot be read, or a weight cannot be used.
        """
        text = None if self.text is None else TextPrompt(self.text)
        image = None if self.image is None else ImagePrompt(_picture(self.image))
        sound = None if self.sound is None else AudioPrompt(_sound(self.sound))
        if text is image is sound is None:
            raise ValueError("nothing to make: pass --text, --image or --sound")
        options = (("text", text, self.text_weight), ("image", image, self.image_weight))
        prompts: list[WeightedPrompt] = []
        for name, prompt, weight in (*options, ("sound", sound, self.sound_weight)):
            _check_weight(name, weight, is_given=prompt is not None)
            if prompt is not None and weight > 0:
                prompts.append(WeightedPrompt(prompt, weight))
        if not prompts:
            raise ValueError("every weight is 0, so nothing is left to make; give one part a weight above 0")
        return tuple(prompts)


def require_glb(option: str, path: Path) -> None:
    """Raise ValueError, naming the option, unless a GLB can be written at ``path``."""
    if path.suffix.lower() != ".glb":
        raise ValueError(f"{option} is {str(path)!r}; objects are written as GLB, so end it with .glb")
    require_writable_parent(option, path)


def _check_weight(name: str, weight: float, is_given: bool) -> None:
    if not math.isfinite(weight) or weight < 0:
        raise ValueError(f"--{name}-weight is {weight:g}; weights are relative, 0 or more, and 0 leaves the part out")
    if weight != 1 and not is_given:
        raise ValueError(f"--{name}-weight is given without --{name}")


def _picture(path: Path) -> bytes:
    """The file's bytes, if they are a picture's: the worker, which decodes them, does not know the file's name."""
    from ..media import decode_picture

    return _decodable("--image", path, decode_picture)


def _sound(path: Path) -> bytes:
    from ..media import decode_sound

    return _decodable("--sound", path, decode_sound)


def _decodable(option: str, path: Path, decode: Callable[[bytes], object]) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{option}: {path} cannot be read ({error.strerror})") from error
    try:
        decode(data)
    except ValueError as error:
        raise ValueError(f"{option} {path}: {error}") from error
    return data
