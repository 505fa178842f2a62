"""`python -m any_to_3d.backend.props.train all ...`: the built-in networks, all in order or one by one."""

import signal
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import diffusers
import transformers
import tyro

from .training import audio, autoencoder, everything, images, prior2d, prior3d, words
from .training.running.user_errors import told_in_a_sentence

Command = (
    Annotated[everything.Options, tyro.conf.subcommand("all")]
    | Annotated[autoencoder.Options, tyro.conf.subcommand("autoencoder")]
    | Annotated[words.Options, tyro.conf.subcommand("words")]
    | Annotated[images.Options, tyro.conf.subcommand("images")]
    | Annotated[audio.Options, tyro.conf.subcommand("audio")]
    | Annotated[prior2d.Options, tyro.conf.subcommand("prior2d")]
    | Annotated[prior3d.Options, tyro.conf.subcommand("prior3d")]
)

_PROGRAM = "python -m any_to_3d.backend.props.train"
_DESCRIPTION = "Train all of the built-in networks, or one of them."


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for; exit with status 1 and a sentence where it cannot be done."""
    signal.signal(signal.SIGTERM, _stop)
    # Their own bars for reading and writing a file of a megabyte would drown those of the trainings.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.set_verbosity_error()
    with told_in_a_sentence("train"):
        command: Command = tyro.cli(
            Command, prog=_PROGRAM, description=_DESCRIPTION, args=arguments, config=(tyro.conf.OmitArgPrefixes,)
        )
        _train(command)


def _train(command: Command) -> None:
    match command:
        case everything.Options():
            everything.main(command)
        case autoencoder.Options():
            autoencoder.main(command)
        case words.Options():
            words.main(command)
        case images.Options():
            images.main(command)
        case audio.Options():
            audio.main(command)
        case prior2d.Options():
            prior2d.main(command)
        case prior3d.Options():
            prior3d.main(command)


def _stop(number: int, frame: FrameType | None) -> None:
    """What is being done between two trainings is not worth finishing, but its time counts."""
    raise SystemExit("stopped; the same command goes on")


if __name__ == "__main__":
    main()
