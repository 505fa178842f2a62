"""`python -m any_to_3d.backend.props.train autoencoder|joint|prior2d|prior3d --data FOLDER --run FOLDER ...`"""

import torch
import tyro

from . import train_autoencoder, train_joint, train_prior2d, train_prior3d


def main() -> None:
    """Train one of the built-in networks."""
    torch.set_num_threads(1)
    app = tyro.extras.SubcommandApp()
    app.command(train_autoencoder.main, name="autoencoder")
    app.command(train_joint.main, name="joint")
    app.command(train_prior2d.main, name="prior2d")
    app.command(train_prior3d.main, name="prior3d")
    app.cli(config=(tyro.conf.OmitArgPrefixes,))


if __name__ == "__main__":
    main()
