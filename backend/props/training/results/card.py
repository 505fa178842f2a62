"""The model card of a run of `train all`: written from what the run recorded, so that it cannot tell another story.

`python -m any_to_3d.backend.props.training.results.card --run RUN` puts MODEL_CARD.md and scores.json beside
RUN/models.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tyro

from ...holdout import holdout_frames, holdout_materials, holdout_orders, holdout_pairs
from ..diffusion import EMBEDDING_SCALE, HARMONICS, POSE_GAIN
from ..running.user_errors import told_in_a_sentence
from .facts import DECODER, PictureFacts, RunFacts, SoundFacts, TrainingFacts, parameter_count
from .words import SCORE_GROUPS, told

_NETWORKS = (
    ("clip/text_encoder", "CLIP text tower, closed vocabulary", "words", "sentences"),
    ("clip/image_encoder", "CLIP vision tower", "images", "pictures"),
    ("clip/audio_encoder", "CLAP audio tower", "audio", "windows"),
    ("judge/image_encoder", "CLIP vision tower of another shape, seed and augmentation", "judge", "pictures"),
    ("stable_unclip/vae", "AutoencoderTiny", "autoencoder", "pictures"),
    ("stable_unclip/unet", "UNet2DConditionModel, v-prediction", "prior2d", "latents"),
    ("zero123/unet", "the same with the reference's latents beside the noisy ones", "prior3d", "pairs"),
)
_NOT_RECORDED = "not recorded"
_WEAK = 0.7


_INTRODUCTION = """# The built-in models

Small networks for a closed world of props, so that any-to-3d runs on a CPU with nothing downloaded.
They take the roles of ImageBind (`clip/`), Stable unCLIP 2.1 (`stable_unclip/`) and Zero-1-to-3 (`zero123/`) and
are loaded by the same code. `judge/` takes no part in making objects; it only scores them.
This card was written by `backend/props/training/results/card.py` from what the training recorded."""

_LIMITS = """## Limits

- Words outside the vocabulary are ignored; the encoder names them. One object a prompt.
- Photographs are outside this world: an image prompt works for flat-shaded props, best on a plain ground.
- Toy shapes in one fixed light that is part of their colours; thin parts blur at odd angles.
- Sounds were synthesised. How recordings of real things are heard has not been measured. The held-out ways of making
  them are no untouched test: what was confused in a first run was known when ways were added to the training.
- All towers were trained on the same kind of pictures: figures cannot be compared with the paper's CLIP R.
- One training, one seed: the intervals are over objects, not over trainings."""

_REST = f"""## Intended use

Demonstrations, tests and benchmarks of any-to-3d without downloads, and simple props. Not a judge of other models.

## Conditioning beyond the published models

`stable_unclip`'s class label is [embedding x {EMBEDDING_SCALE}; sinusoid of its noise level; sines and cosines of
1 to {HARMONICS} times the azimuth and twice the elevation, x {POSE_GAIN}; rgb or normal]; zeros are unconditional.
`zero123`'s is [the same harmonics of the turn and of twice both elevations; unit reference embedding
x {EMBEDDING_SCALE}], beside Zero-1-to-3's own token and latents. It started from `stable_unclip`'s weights, as
Zero-1-to-3 did from Stable Diffusion. The recipe guides both with 3.

## Licence

MIT, as `backend/LICENSE`: code, pictures, sounds and weights are this repository's own."""


@dataclass(frozen=True)
class Options:
    """Command line of the card."""

    run: Path
    """A folder of `train all`, with look/scores.json."""
    models: Path | None = None
    """The exported folder; RUN/models if left out."""


def main(options: Options) -> None:
    """Write the card and copy the scores. Raises ValueError for a run that is not finished or not scored."""
    models = options.models or options.run / "models"
    scores = options.run / "look" / "scores.json"
    if not scores.exists():
        raise ValueError(f"{scores} is not there; measure with any_to_3d.backend.props.training.results.scores first")
    models.mkdir(parents=True, exist_ok=True)
    text = model_card(RunFacts.read(options.run), json.loads(scores.read_text()), models)
    (models / "MODEL_CARD.md").write_text(text)
    shutil.copy(scores, models / "scores.json")


def model_card(facts: RunFacts, scores: Mapping[str, object], models: Path) -> str:
    """All sections."""
    sections = (
        _INTRODUCTION,
        "\n".join(_network_rows(facts, models)),
        _data(facts),
        _budget(facts),
        "\n".join(_score_rows(scores)),
        "\n".join((_LIMITS, *_weaknesses(scores))),
        _REST,
        _again(facts),
    )
    return "\n\n".join(sections) + "\n"


def _network_rows(facts: RunFacts, models: Path) -> Iterator[str]:
    yield "| folder | network | parameters | trained |"
    yield "|---|---|---|---|"
    for folder, network, name, unit in _NETWORKS:
        trained = _trained(facts.trainings[name], unit)
        if name == "autoencoder" and DECODER in facts.trainings:
            trained += f"; then the decoder alone, {_trained(facts.trainings[DECODER], unit)}"
        yield f"| `{folder}` | {network} | {parameter_count(models / folder) / 1e6:.2f} M | {trained} |"


def _trained(training: TrainingFacts, unit: str) -> str:
    batch = f" of {training.record.batch} {unit}" if training.record else ""
    return f"{training.steps:,} steps{batch}, {training.minutes:.1f} min"


def _data(facts: RunFacts) -> str:
    return f"""## Data

Everything is made by this repository (`backend/props`); no outside picture, sound, text or weight went in.

| set | objects | views | pixels | classes | colours | of held-out colours or materials |
|---|---|---|---|---|---|---|
{_picture_row("training", facts.pictures["train"])}
{_picture_row("training of the judge alone", facts.pictures["judge"])}
{_picture_row("scores", facts.pictures["test"])}

{_heard_in_training(facts.sounds)}
Kept from training, by `backend/props/holdouts.json`: {len(holdout_pairs())} pairs of class and colour,
{len(holdout_materials())} of class and material, {len(holdout_frames())} sentence frames and {len(holdout_orders())}
word orders. The words of held-out pairs were read, their pictures never shown. Only the judge learned from them:
one that never saw a yellow mug cannot tell whether one was made."""


def _picture_row(purpose: str, facts: PictureFacts) -> str:
    counts = (f"{facts.objects:,}", facts.views, facts.size, facts.classes, facts.colours, f"{facts.held_out:,}")
    return f"| {purpose} | " + " | ".join(str(count) for count in counts) + " |"


def _heard_in_training(sounds: SoundFacts | None) -> str:
    if sounds is None:
        return f"Sounds: {_NOT_RECORDED}."
    return (
        f"Sounds: {sounds.sounds:,} synthesised ones of {sounds.classes} classes ({sounds.windows:,} windows); those "
        "of the scores come from other synthesis methods, written separately."
    )


def _budget(facts: RunFacts) -> str:
    wall = f"{facts.wall_minutes:.0f} min" if facts.wall_minutes is not None else _NOT_RECORDED
    return f"""## Budget

- all trainings one after the other: {facts.training_minutes:.1f} min
- wall time of everything, data and scores too: {wall}
- machine: {"; ".join(facts.machines) or _NOT_RECORDED}
- curves: as measured in `curves/*.jsonl`, and drawn:

![Losses](curves/curves.png)"""


def _score_rows(scores: Mapping[str, object]) -> Iterator[str]:
    yield "## Scores"
    yield ""
    yield "Of objects and sounds that training never met; means with 95 % bootstrap intervals, and of how many. R@1 of"
    yield "pictures is the share whose plain prompt is the nearest of those of every class in every colour."
    yield "Everything, with each class of sound by itself, is in `scores.json`."
    for group, words in SCORE_GROUPS.items():
        if group not in scores:
            continue
        yield ""
        yield f"**{words.title}**"
        yield ""
        yield "| what | figure | of |"
        yield "|---|---|---|"
        for name, figure, count in told(words, scores[group]):
            yield f"| {name} | {figure} | {count} |"


def _weaknesses(scores: Mapping[str, object]) -> Iterator[str]:
    for group, what in (("heard", "Held-out sounds"), ("samples_by_sounds", "Samples asked for by held-out sounds")):
        found = scores.get(group)
        classes = found.get("classes", {}) if isinstance(found, Mapping) else {}
        weak = sorted((share, name) for name, share in classes.items() if share < _WEAK)
        if weak:
            names = ", ".join(f"{name} ({share:.2f})" for share, name in weak)
            yield f"- {what} are recognised in less than {_WEAK:.0%} of the cases for: {names}."


def _again(facts: RunFacts) -> str:
    note = (
        "" if facts.command else "\nThe run was made stage by stage and left no options: this is what its files show."
    )
    return f"""## Making them again

`docs/training.md` says more. Budgets in minutes give other numbers of steps on other machines.
```
{facts.command or _same_command(facts)}
```{note}"""


def _same_command(facts: RunFacts) -> str:
    """What `train all` would have to be told for the same data and about the same time."""
    train = facts.pictures["train"]
    words = f"python -m any_to_3d.backend.props.train all --out RUN --objects {train.objects} --size {train.size}"
    if facts.sounds is not None:
        words += f" --sounds-per-class {facts.sounds.sounds // facts.sounds.classes}"
    widths = " ".join(str(width) for width in facts.widths)
    return f"{words} --widths {widths} --minutes {facts.training_minutes:.0f} --lanes 1"


if __name__ == "__main__":
    with told_in_a_sentence("card"):
        main(tyro.cli(Options))
