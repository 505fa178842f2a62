"""threestudio's Mesh class, imported from its own file without the CUDA packages that the rest of it needs."""

from .peers import Peers, bare_package, file_of_checkout, stand_in

UNUSED = (
    stand_in("igl", fast_winding_number_for_meshes=None, point_mesh_squared_distance=None, read_obj=None),
    stand_in("omegaconf", DictConfig=dict),
    stand_in("typeguard", typechecked=lambda function: function),
)
"""Imported by the modules on the way to Mesh, for other functions than its own."""


def mesh_class(peers: Peers) -> type:
    """The class Mesh of threestudio/models/mesh.py. Raises LeftOut where there is no checkout."""
    checkout = peers.path("threestudio")
    for package in ("threestudio", "threestudio.models", "threestudio.utils"):
        bare_package(checkout, package)
    module = file_of_checkout(checkout, "threestudio.models.mesh", UNUSED)
    # Its loggers come from the package's __init__, which would start the whole training stack.
    vars(module.threestudio).update(info=_silent, debug=_silent, warn=_silent)
    return module.Mesh


def _silent(*message: object) -> None:
    """Take the place of a logger."""
