import pytest
import torch
from any_to_3d.backend.kernels.face_adjacency import face_adjacency
from kernel_meshes import ALL, BOTH, CPU, REFERENCE, bumpy_sphere, project, relative_error

MOTIONS = {
    "scale": lambda vertices, amount: vertices * (1 + amount),
    "shift": lambda vertices, amount: vertices + amount * torch.tensor([0.8, 0.6, 0.0]),
}


def ramp(size):
    """Grows towards the lower right, so that shifting a shape changes the weighted area."""
    row, column = torch.meshgrid(torch.linspace(0, 1, size), torch.linspace(0, 1, size), indexing="ij")
    return (1 + column - 2 * row).double()


def test_the_gradient_of_covered_area_agrees_with_finite_differences_of_a_fine_mask():
    vertices, faces = bumpy_sphere()

    def fine_area(motion, amount):
        clip = project(MOTIONS[motion](vertices, torch.tensor(amount)))[None]
        return float((CPU.rasterise(clip, faces, vertices, 2048, 2048).coverage[0, :, :, 0] * ramp(2048)).mean())

    for motion in MOTIONS:
        amount = torch.tensor(0.0, requires_grad=True)
        clip = project(MOTIONS[motion](vertices, amount))[None]
        raster = CPU.rasterise(clip, faces, vertices, 128, 128)
        (CPU.antialias(raster.coverage, raster, clip, faces)[0, :, :, 0] * ramp(128)).mean().backward()
        slope = (fine_area(motion, 0.02) - fine_area(motion, -0.02)) / 0.04
        assert 0.95 < float(amount.grad) / slope < 1.05, motion


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_an_upright_edge_covers_its_pixel_by_where_it_crosses(kernels):
    # Left side at pixel x = 2.75 of 4: pixel 3 is drawn, pixel 2 is covered by 0.25.
    corners = torch.tensor([[[0.375, 5, 0, 1], [0.375, -5, 0, 1], [9, 0, 0, 1]]], requires_grad=True)
    faces = torch.tensor([[0, 1, 2]])
    raster = kernels.rasterise(corners, faces, torch.zeros(3, 1), 1, 4)
    alpha = kernels.antialias(raster.coverage, raster, corners, faces)[0, 0, :, 0]
    torch.testing.assert_close(alpha, torch.tensor([0, 0, 0.25, 1]))
    alpha.sum().backward()
    # Two pixels per unit of NDC; vertices 0 and 1 are as far from the row and share the edge's motion.
    torch.testing.assert_close(corners.grad[0, :, 0], torch.tensor([-1.0, -1, 0]))


@pytest.mark.parametrize("kernels", BOTH, ids=lambda kernels: kernels.name)
def test_edges_inside_a_surface_are_left_alone(kernels):
    vertices, faces = bumpy_sphere(4)
    clip = project(vertices * 4)[None]  # fills the image
    raster = kernels.rasterise(clip, faces, vertices, 32, 32)
    assert raster.coverage.mean() == 1
    assert torch.equal(kernels.antialias(raster.attributes, raster, clip, faces), raster.attributes)


@pytest.mark.parametrize("kernels", BOTH, ids=lambda kernels: kernels.name)
def test_gradients_to_the_image_agree_with_finite_differences(kernels):
    faces = torch.tensor([[0, 1, 2], [2, 1, 3]])
    corners = torch.tensor([[[-0.6, 0.7, 0, 1], [-0.7, -0.5, 0, 1], [0.8, 0.6, 0.1, 1.2], [0.5, -0.8, 0, 1]]]).double()
    raster = kernels.rasterise(corners, faces, torch.zeros(4, 1).double(), 6, 5)
    image = torch.rand(1, 6, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def smooth(image):
        return kernels.antialias(image, raster, corners, faces)

    assert not torch.equal(smooth(image), image)
    assert torch.autograd.gradcheck(smooth, image.requires_grad_())


def test_the_fast_twin_matches_the_reference():
    vertices, faces = bumpy_sphere(4)
    weight = torch.randn(2, 40, 64, 3, generator=torch.Generator().manual_seed(0))
    results = []
    for kernels in (REFERENCE, CPU):
        clip = torch.stack([project(vertices), project(vertices * 0.7)]).requires_grad_()
        raster = kernels.rasterise(clip.detach(), faces, vertices, 40, 64)
        image = raster.attributes.clone().requires_grad_()
        smooth = kernels.antialias(image, raster, clip, faces, face_adjacency(faces))
        (smooth * weight).sum().backward()
        results.append((smooth, image.grad, clip.grad))
    for expected, got in zip(*results, strict=True):
        assert relative_error(got, expected) < 1e-6
