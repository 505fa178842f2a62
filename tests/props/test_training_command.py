"""The command line of the trainings: mistakes become sentences before anything is written; help is for users."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from any_to_3d.backend.props import make_dataset, train
from any_to_3d.backend.props.training import everything as train_all
from any_to_3d.backend.props.training.prior_options import PriorOptions
from any_to_3d.backend.props.training.running.lanes import StageFailed
from any_to_3d.backend.props.training.sounds import Synthesis

TRAININGS = ("all", "autoencoder", "words", "images", "audio", "prior2d", "prior3d")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Outcome]]:
    """The command in this process, in an empty folder; in a wider terminal its help would have two columns."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    earlier = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str) -> Outcome:
        with pytest.raises(SystemExit) as ended:
            train.main(arguments)
        return Outcome(ended.value.code, *capsys.readouterr())

    yield run
    signal.signal(signal.SIGTERM, earlier)


Command = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("images --data nope --words nope --run nope", "train: --words: nope lacks text_encoder/model.safetensors"),
        ("audio --sounds nope.pt --words nope --run nope", "`train words` makes; do that first"),
        ("autoencoder --data nope --run nope", "train: nope holds no finished data set; write it with"),
        ("autoencoder --data nope --run nope --encoder vae", "train: --encoder: vae lacks config.json"),
        (
            "prior2d --data nope --run nope --autoencoder vae --joint nope --latents nope",
            "--autoencoder: vae lacks config.json, diffusion_pytorch_model.safetensors, which `train autoencoder`",
        ),
        (
            "prior3d --data nope --run nope --autoencoder vae --joint nope --latents nope --prior2d nope",
            "train: --autoencoder: vae lacks",
        ),
    ],
)
def test_what_is_missing_is_named_before_a_folder_is_made(command: Command, arguments: str, sentence: str) -> None:
    done = command(*arguments.split())
    assert done.status == 1
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("arguments", ["--minutes -1", "--minutes 0", "--objects 0", "--seed -1", "--widths 50 96 96"])
def test_the_whole_training_is_not_started_with_numbers_that_it_cannot_have(command: Command, arguments: str) -> None:
    done = command("all", "--out", "run", *arguments.split())
    assert done.status == 2
    assert f"{arguments.split()[0]}: got {arguments.split()[1]}" in done.out + done.err
    assert list(Path().iterdir()) == []


def test_a_stage_that_failed_is_told_in_its_own_words(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(options: train_all.Options) -> None:
        raise StageFailed("stage audio: no room; what it printed is in logs/audio.log")

    monkeypatch.setattr(train_all, "main", failed)
    assert command("all", "--out", "run") == (
        1,
        "",
        "train: stage audio: no room; what it printed is in logs/audio.log\n",
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            lambda: train_all.Options(Path("run"), minutes=float("inf")),
            "--minutes: got inf; need a finite",
        ),
        (lambda: train_all.Options(Path("run"), objects=1), "--objects: got 1; need at least 2"),
        (lambda: train_all.Options(Path("run"), sounds_per_class=0), "--sounds-per-class: got 0; need at least 1"),
        (lambda: train_all.Options(Path("run"), workers=0), "--workers: got 0; need at least 1"),
        (lambda: make_dataset.Options(Path("data"), objects=0), "--objects: got 0; need at least 1"),
        (lambda: make_dataset.Options(Path("data"), views=1), "--views: got 1; need at least 2"),
        (lambda: make_dataset.Options(Path("data"), seed=-1), "--seed: got -1; need at least 0"),
        (lambda: Synthesis(per_class=0), "--per-class: got 0"),
        (
            lambda: PriorOptions(*(Path("x"),) * 5, widths=(0, 96, 96)),
            "--widths: got 0 96 96; each must be a multiple of 16",
        ),
    ],
)
def test_a_number_out_of_range_is_named_with_what_is_allowed(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def option_texts(shown: str) -> dict[str, str]:
    """What the help says of each option: all lines up to the next one, without names of types, defaults and frames."""
    blocks: list[str] = []
    for line in (line.strip(" │") for line in shown.splitlines()):
        if re.match(r"--\w", line):
            blocks.append(line)
        elif not line or re.match(r"[-─╭╰]", line):
            blocks.append("")
        elif blocks:
            blocks[-1] += f" {line}"
    noise = r"\((default: [^)]*|required)\)|--[\w-]+|\{[^}]*\}"
    return {block.split()[0].strip(","): re.sub(noise, " ", block) for block in blocks if block.startswith("--")}


@pytest.mark.parametrize("training", TRAININGS)
def test_help_is_for_users_and_says_something_of_every_option(command: Command, training: str) -> None:
    shown = command(training, "--help").out
    assert not re.search(r"Raises|Command line of|`", shown)
    texts = option_texts(shown)
    assert {"--seed", "--device", "--minutes"} <= set(texts)
    assert [name for name, text in texts.items() if len(re.findall(r"\b[a-z]{2,}\b", text)) < 2] == []


def test_help_says_what_each_training_makes(command: Command) -> None:
    shown = command("--help").out
    for training in TRAININGS:
        assert re.search(rf"\b{training}\s+Train ", shown), training
