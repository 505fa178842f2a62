"""Compile every Triton kernel for an H100 without one: a line each, its name and its fused multiply-adds.

Run in a process of its own, without TRITON_INTERPRET. Launches are replaced: they compile for the arguments' types and
compute nothing, so the outputs that a step reads back are made to be zero.
"""

import torch
import triton
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from any_to_3d.backend.kernels.triton_kernels import TRITON
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from triton.runtime.jit import JITFunction

HOPPER = GPUTarget("cuda", 90, 32)
TYPES = {torch.float32: "*fp32", torch.float64: "*fp64", torch.int32: "*i32", torch.int64: "*i64"}


def compile_instead(self, *arguments, grid, warmup, **options):
    named = dict(zip((parameter.name for parameter in self.params), arguments, strict=True))
    constants = {parameter.name: named[parameter.name] for parameter in self.params if parameter.is_constexpr}
    types = {name: TYPES[value.dtype] if torch.is_tensor(value) else "i32" for name, value in named.items()}
    source = ASTSource(self, types | dict.fromkeys(constants, "constexpr"), constants)
    assembly = triton.compile(source, target=HOPPER, options=options).asm
    assert assembly["cubin"]
    print(self.fn.__module__.rpartition(".")[2], self.fn.__name__, assembly["ptx"].count("fma."))


def main() -> None:
    JITFunction.run = compile_instead
    torch.empty, torch.Tensor.new_empty = torch.zeros, torch.Tensor.new_zeros
    TRITON.hash_grid(HashGridConfig(levels=2, log2_table_size=4))(torch.rand(4, 3)).sum().backward()
    sigma = torch.rand(2, 4, requires_grad=True)
    torch.cat(TRITON.composite(sigma, sigma, sigma[..., None], sigma), dim=1).sum().backward()
    lattice = KuhnLattice(2)
    sdf = torch.ones(lattice.vertex_count, requires_grad=True)
    TRITON.marching_tetrahedra(lattice.vertices(sdf.device), lattice, sdf)[0].sum().backward()
    clip, face = torch.rand(1, 3, 4, requires_grad=True), torch.tensor([[0, 1, 2]])
    raster = TRITON.rasterise(clip, face, torch.rand(3, 2), 4, 4)
    TRITON.antialias(raster.attributes, raster, clip, face).sum().backward()


if __name__ == "__main__":
    main()
