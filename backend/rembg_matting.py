"""Matting by the library rembg, where it and one of its networks are installed; nothing is ever downloaded."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

SESSIONS = {
    "isnet-general-use.onnx": "dis_custom",
    "u2net.onnx": "u2net_custom",
    "silueta.onnx": "u2net_custom",
    "u2netp.onnx": "u2net_custom",
}
"""Files by the kind of session that runs them, best first. The "custom" kinds read a given file and fetch none."""


@dataclass(frozen=True)
class RembgWeights:
    """A network's file, and rembg's name for the session that runs it."""

    path: Path
    session: str


class RembgMatting:
    """A Matting by salient-object networks (U2-Net, IS-Net). Raises ValueError naming a file that cannot be run."""

    def __init__(self, weights: RembgWeights) -> None:
        import rembg

        self.name = f"rembg {weights.path.stem}"
        self._remove = rembg.remove
        try:
            self._session = rembg.new_session(weights.session, model_path=str(weights.path))
        except Exception as error:  # onnxruntime's own exceptions have no public base class
            raise ValueError(f"rembg cannot run {weights.path} ({error})") from error

    def alpha(self, pixels: Float[Tensor, "3 H W"]) -> Float[Tensor, "H W"]:
        """1 on the object, 0 around it, soft along the edge."""
        picture = Image.fromarray((pixels.permute(1, 2, 0) * 255).round().byte().cpu().numpy())
        mask = self._remove(picture, session=self._session, only_mask=True)
        return torch.from_numpy(np.array(mask.convert("L"), np.float32) / 255).to(pixels)


def is_rembg_installed() -> bool:
    return importlib.util.find_spec("rembg") is not None


def find_rembg_weights(environment: Mapping[str, str] = os.environ) -> RembgWeights | None:
    """The best of the known networks in rembg's own folders (U2NET_HOME, else REMBG_HOME, ~/.rembg, ~/.u2net)."""
    for name, session in SESSIONS.items():
        for folder in _folders(environment):
            for path in (folder / name, folder / "models" / Path(name).stem / name):
                if path.is_file():
                    return RembgWeights(path, session)
    return None


def _folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    if home := environment.get("U2NET_HOME"):
        return (Path(home).expanduser(),)
    data = environment.get("XDG_DATA_HOME")
    usual = Path(data, "rembg") if data else Path("~/.rembg")
    return (
        Path(environment.get("REMBG_HOME", usual)).expanduser(),
        Path(data or "~", ".u2net").expanduser(),
    )
