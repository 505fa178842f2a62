"""The Triton kernels as one set; importing this module imports triton."""

from . import triton_antialias, triton_composite, triton_marching_tetrahedra, triton_rasterise
from .interface import Kernels
from .triton_hash_grid import TritonHashGrid

TRITON = Kernels(
    name="triton",
    hash_grid=TritonHashGrid,
    composite=triton_composite.composite,
    rasterise=triton_rasterise.rasterise,
    antialias=triton_antialias.antialias,
    marching_tetrahedra=triton_marching_tetrahedra.marching_tetrahedra,
)
"""For tensors on an NVIDIA GPU, and on a CPU where TRITON_INTERPRET=1 was set before triton was first imported."""
