"""``any-to-3d generate``: one object without Blender and without a server, through the worker's own ``run_job``."""

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...shared.messages import (
    AudioPrompt,
    Cancelled,
    CutOut,
    Failed,
    Finished,
    ImagePrompt,
    Preparing,
    Problem,
    Progress,
    Submit,
    TextPrompt,
    WeightedPrompt,
)
from ..catalogue import ProfileName
from .places import require_writable_parent
from .threads import require_threads

if TYPE_CHECKING:
    from rich.console import Console

    from ..worker import Wish
    from ..worker_messages import Run


@dataclass(frozen=True)
class Generate:
    """Make an object from text, an image, a sound, or several of them mixed, and write it as GLB."""

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

    output: Path = Path("object.glb")
    """Where the GLB goes."""

    seed: int = 0
    """The same prompt, preset and seed give the same object."""

    preset: str = "standard"
    """draft, standard or high; of profile full draft, small, standard or paper."""

    recipe: str = "xbind"
    """The method: xbind. To compare, at preset standard: stable_sds, zero_sds, zerostable_cds, no_stereo, no_planar,
    phase1_only, no_ms, augsds_phase2."""

    height: float = 1.0
    """The object's height in metres; it stands on the origin."""

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

    def run(self) -> int:
        from rich.console import Console

        from ..serving import build_check

        console = Console(stderr=True, highlight=False, soft_wrap=True)
        require_threads(self.threads)
        if self.output.suffix.lower() != ".glb":
            raise ValueError(f"--output is {str(self.output)!r}; objects are written as GLB, so end it with .glb")
        require_writable_parent("--output", self.output)
        self._check_cut_out_to()
        if not self.height > 0:
            raise ValueError(f"--height is {self.height:g}; it is in metres, and must be more than 0")
        submit = self.request()
        verdict = build_check(self.profile, self.models_folder)(submit)
        if verdict.problem is not None:
            raise ValueError(_sentences(verdict.problem))
        if verdict.notice:
            console.print(verdict.notice, style="yellow", markup=False)
        return self._generate(submit, console)

    def request(self) -> Submit:
        """The options as a request.

        Raises ValueError if there is no prompt, a file cannot be read, or a weight cannot be used.
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
        return Submit(
            "command-line", tuple(prompts), self.negative, self.recipe, self.preset, self.seed, self.overrides
        )

    def _check_cut_out_to(self) -> None:
        if self.cut_out_to is None:
            return
        if self.image is None or self.image_weight == 0:
            raise ValueError("--cut-out-to needs an --image with a weight above 0: there is nothing to cut out")
        if self.cut_out_to.suffix.lower() != ".png":
            raise ValueError(f"--cut-out-to is {str(self.cut_out_to)!r}; it is written as PNG, so end it with .png")
        require_writable_parent("--cut-out-to", self.cut_out_to)

    def _generate(self, submit: Submit, console: "Console") -> int:
        from ..interrupt import remembered_interrupt
        from ..worker_messages import Run

        with remembered_interrupt() as was_interrupted, tempfile.TemporaryDirectory(prefix="any-to-3d-") as folder:
            job = Run("command-line", submit, folder)
            outcome = self._watch(job, _Unwatched(was_interrupted), console)
            from ..finishing.glb import write_glb

            if isinstance(outcome, Cancelled) or was_interrupted():
                raise KeyboardInterrupt
        if isinstance(outcome, Failed):
            console.print(f"any-to-3d: {_sentences(outcome.problem)}", style="red", markup=False)
            return 1
        write_glb(outcome.mesh, self.output, self.height)
        faces = len(outcome.mesh.faces)
        console.print(f"{self.output}: {faces} faces, made in {outcome.seconds:.1f} s", markup=False)
        return 0

    def _watch(self, job: "Run", control: "_Unwatched", console: "Console") -> Finished | Cancelled | Failed:
        from rich import progress

        from ..worker import run_job
        from ..worker_process import build_engine

        folder = "" if self.models_folder is None else str(self.models_folder)
        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TextColumn("{task.percentage:>3.0f} %"),
            progress.TimeElapsedColumn(),
        )
        # Where lines cannot be taken back, the bar would leave an empty one.
        hidden = not console.is_interactive
        with progress.Progress(*columns, console=console, transient=True, disable=hidden) as bar:
            task = bar.add_task("starting", total=1.0)
            engine = build_engine(self.profile, self.device, folder, self.threads)
            for event in run_job(job, engine, control):
                match event:
                    case Preparing(_, what, _):
                        bar.update(task, description=what)
                    case CutOut():
                        self._show_cut_out(event, job.submit, console)
                    case Progress():
                        bar.update(task, description=_describe(event), completed=event.overall)
                    case Finished() | Cancelled() | Failed():
                        return event
        raise AssertionError("run_job ends with a terminal event")

    def _show_cut_out(self, cut_out: CutOut, submit: Submit, console: "Console") -> None:
        if isinstance(submit.prompts[cut_out.part].prompt, AudioPrompt):
            console.print(cut_out.notice, markup=False)
            return
        console.print(f"image cut out by: {cut_out.method}", markup=False)
        if cut_out.notice:
            console.print(cut_out.notice, style="yellow", markup=False)
        if self.cut_out_to is not None:
            self.cut_out_to.write_bytes(cut_out.picture)


class _Unwatched:
    """A Control for a job that nobody takes snapshots of, and that Ctrl-C cancels."""

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled

    def wish(self) -> "Wish":
        return "cancel" if self._is_cancelled() else "go on"

    def wanted_faces(self) -> int | None:
        return None

    def wanted_texture(self) -> int:
        return 0


def _check_weight(name: str, weight: float, is_given: bool) -> None:
    if not math.isfinite(weight) or weight < 0:
        raise ValueError(f"--{name}-weight is {weight:g}; weights are relative, 0 or more, and 0 leaves the part out")
    if weight != 1 and not is_given:
        raise ValueError(f"--{name}-weight is given without --{name}")


def _content(option: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{option}: {path} cannot be read ({error.strerror})") from error


def _picture(path: Path) -> bytes:
    """The file's bytes, if they are a picture's: the worker, which decodes them, does not know the file's name."""
    from ..media import decode_picture

    return _decodable("--image", path, decode_picture)


def _sound(path: Path) -> bytes:
    from ..media import decode_sound

    return _decodable("--sound", path, decode_sound)


def _decodable(option: str, path: Path, decode: Callable[[bytes], object]) -> bytes:
    data = _content(option, path)
    try:
        decode(data)
    except ValueError as error:
        raise ValueError(f"{option} {path}: {error}") from error
    return data


def _sentences(problem: Problem) -> str:
    if not problem.hint:
        return problem.message
    return f"{problem.message.removesuffix('.')}. {problem.hint}"


def _describe(progress: Progress) -> str:
    left = "" if progress.seconds_left is None else f", {progress.seconds_left:.0f} s left"
    return f"{progress.phase} {progress.step}/{progress.steps}{left}"
