"""`python -m any_to_3d.backend.props.train all ...`: the built-in networks, all in order or one by one."""

import signal
from types import FrameType

import diffusers
import transformers
import tyro

from . import train_all, train_audio, train_autoencoder, train_images, train_prior2d, train_prior3d, train_words


def main() -> None:
    """Train all of the built-in networks, or one of them."""
    signal.signal(signal.SIGTERM, _stop)
    # Their own bars for reading and writing a file of a megabyte would drown those of the trainings.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.set_verbosity_error()
    tyro.extras.subcommand_cli_from_dict(
        {
            "all": train_all.main,
            "autoencoder": train_autoencoder.main,
            "words": train_words.main,
            "images": train_images.main,
            "audio": train_audio.main,
            "prior2d": train_prior2d.main,
            "prior3d": train_prior3d.main,
        },
        config=(tyro.conf.OmitArgPrefixes,),
    )


def _stop(number: int, frame: FrameType | None) -> None:
    """What is being done between two trainings is not worth finishing, but its time counts."""
    raise SystemExit("stopped; the same command goes on")


if __name__ == "__main__":
    main()
