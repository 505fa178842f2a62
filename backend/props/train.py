"""`python -m any_to_3d.backend.props.train autoencoder|joint|prior2d|prior3d --data FOLDER --run FOLDER ...`"""

import torch
import tyro

from . import train_autoencoder, train_joint, train_prior2d, train_prior3d


def main() -> None:
    """Train one of the built-in networks."""
    torch.set_num_threads(1)
    tyro.extras.subcommand_cli_from_dict(
        {
            "autoencoder": train_autoencoder.main,
            "joint": train_joint.main,
            "prior2d": train_prior2d.main,
            "prior3d": train_prior3d.main,
        },
        config=(tyro.conf.OmitArgPrefixes,),
    )


if __name__ == "__main__":
    main()
