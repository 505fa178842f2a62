"""`python -m any_to_3d.backend.props.train all ...`: the built-in networks, all in order or one by one."""

import signal
from types import FrameType

import diffusers
import transformers
import tyro

from .training import audio, autoencoder, everything, images, prior2d, prior3d, words


def main() -> None:
    """Train all of the built-in networks, or one of them."""
    signal.signal(signal.SIGTERM, _stop)
    # Their own bars for reading and writing a file of a megabyte would drown those of the trainings.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.set_verbosity_error()
    tyro.extras.subcommand_cli_from_dict(
        {
            "all": everything.main,
            "autoencoder": autoencoder.main,
            "words": words.main,
            "images": images.main,
            "audio": audio.main,
            "prior2d": prior2d.main,
            "prior3d": prior3d.main,
        },
        config=(tyro.conf.OmitArgPrefixes,),
    )


def _stop(number: int, frame: FrameType | None) -> None:
    """What is being done between two trainings is not worth finishing, but its time counts."""
    raise SystemExit("stopped; the same command goes on")


if __name__ == "__main__":
    main()
