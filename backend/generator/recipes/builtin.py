"""XBind with the small networks of this package: same phases, losses and code, their own numbers.

The networks paint 64 pixels of small props from elevations -15 to 45 degrees, and want little guidance: 100 would
over-saturate them. All numbers were found by running them; nothing here is from the paper unless it says so.
"""

from dataclasses import replace

from ...kernels.hash_grid import HashGridConfig
from ..cameras import CameraRange
from ..losses.modality_similarity import ModalitySimilarity
from ..losses.reference_view import ReferenceView
from ..losses.score_distillation import CDS, SDS
from ..losses.surface import LaplacianSmoothness, NormalConsistency
from ..losses.volume import NormalSmoothness, ZVariance
from ..optimisers import Adam, Adan, LearningRates
from ..recipe import Phase, Recipe, ReferenceSampling, Weighted
from ..rendering.volume import RayMarch
from ..representations.dmtet import DMTet
from ..representations.field import FieldConfig
from ..representations.nerf import NeRF
from ..representations.surface_from_density import DensitySurface
from ..representations.tet_grid import KuhnGrid
from ..representations.visible_surface import VisibleSurface
from ..schedules import Piecewise, SquareRoot, linear

ORBIT = CameraRange(elevation=(-15, 45), azimuth=(-180, 180), distance=(2.5, 2.5), fov_y=(40, 40))
"""The cameras of the training pictures, in every phase: the priors know no others."""

FIELD = FieldConfig(
    grid=HashGridConfig(levels=8, features=2, log2_table_size=15, base_resolution=8, per_level_scale=1.4),
    hidden=32,
    hidden_layers=1,
    blob_scale=10.0,
    blob_radius=0.6,
    start_levels=5,
    unmask_from=0.2,
    unmask_every=0.1,
)
# At the paper's density of 10 pale parts (a stem) of these short runs are lost and porous walls are torn.
PREVIEW = DensitySurface(threshold=4.0, scale=4.0, smallest_part=0.05, closing=1)
SURFACE = VisibleSurface()
LATTICE = KuhnGrid(48)

# Phase I goes from nothing but noise to little of it, as HiFA anneals: timesteps drawn from all over it give a blob.
T_HIGH, T_LOW = linear(0.98, 0.3), linear(0.9, 0.1)

# Guided less, the reference view and with it the object lose handles, openings and whatever else is fine.
GUIDANCE = 3.0
# Guided more, hoops and other greys take the complement of the prompt's colour and whites darken; less, pictures blur.
TEXTURE_GUIDANCE = 2.0

PLANAR_SDS = SDS(
    "planar",
    guidance_scale=GUIDANCE,
    t_low=T_LOW,
    t_high=T_HIGH,
    weighting="x0",
    image_weight=0.1,
)
STEREO_SDS = SDS(
    "stereo",
    guidance_scale=GUIDANCE,
    t_low=T_LOW,
    t_high=T_HIGH,
    weighting="x0",
    signal="rgb",
)


def _kept(sds: SDS, guidance_scale: float = GUIDANCE) -> SDS:
    """Later phases keep what is there: much noise would only repaint, and blur, what phase I found."""
    return replace(sds, t_low=0.05, t_high=linear(0.6, 0.2), guidance_scale=guidance_scale)


SIMILARITY = ModalitySimilarity(global_count=1, local_count=1)

COARSE = Phase(
    name="coarse",
    steps=250,
    start=NeRF(
        field=FIELD,
        march=RayMarch(samples=48, normal_step=0.03, least_weight=2e-3),
        occupancy_warm_up=0,
        occupancy_every=8,
        occupancy_decay=0.7,
        surface=PREVIEW,
        preview_resolution=40,
    ),
    cameras=ORBIT,
    size=48,
    guide="rgb",
    optimiser=Adam(LearningRates(grid=0.04, mlp=0.01)),
    losses=(
        Weighted(PLANAR_SDS, 1.0),
        Weighted(SIMILARITY, 1.0, every=4),
        Weighted(STEREO_SDS, 2.0),
        Weighted(ReferenceView(rgb=2000.0, mask=1000.0), 1.0, every=4),
        Weighted(ZVariance(), Piecewise(((0.0, 0.0), (0.5, 100.0)))),
        Weighted(NormalSmoothness("differences"), 100.0, every=4),
    ),
)

GEOMETRY = Phase(
    name="geometry",
    steps=100,
    start=DMTet(train="geometry", field=FIELD, grid=LATTICE, surface=SURFACE),
    cameras=ORBIT,
    size=128,
    guide="normal",
    optimiser=Adan(LearningRates(geometry=0.03)),
    losses=(
        Weighted(
            CDS("planar", guidance_scale=2.0, t_less=SquareRoot(0.3, 0.02), weighting="1-acp", clip=linear(2.0, 8.0)),
            5.0,
        ),
        Weighted(SIMILARITY, 1.0, every=4),
        Weighted(_kept(STEREO_SDS), 0.5),
        Weighted(ReferenceView(rgb=0.0, mask=1000.0), 1.0, every=4),
        Weighted(NormalConsistency(), 1000.0),
        Weighted(LaplacianSmoothness(), 1000.0),
    ),
)

TEXTURE = Phase(
    name="texture",
    steps=100,
    start=DMTet(train="texture", field=FIELD, grid=LATTICE, surface=SURFACE),
    cameras=ORBIT,
    size=128,
    guide="rgb",
    optimiser=Adam(LearningRates(grid=0.01, mlp=0.002)),
    losses=(
        Weighted(_kept(PLANAR_SDS, TEXTURE_GUIDANCE), 1.0),
        Weighted(SIMILARITY, 1.0, every=4),
        Weighted(_kept(STEREO_SDS, TEXTURE_GUIDANCE), 0.5),
        Weighted(ReferenceView(rgb=2000.0, mask=0.0), 1.0, every=4),
    ),
)

XBIND = Recipe(
    name="xbind",
    phases=(COARSE, GEOMETRY, TEXTURE),
    reference=ReferenceSampling(
        candidates=8,
        steps=16,
        guidance_scale=GUIDANCE,
        text_suffix="",
        # The ground is clean, and white props stop .1 short of it.
        tolerance=0.08,
        area=(0.05, 0.7),
        fill=None,
        elevation=15.0,
    ),
)

PRESETS = {
    "draft": XBIND.scaled(steps=0.5, grid=32),
    "standard": XBIND,
    "high": XBIND.scaled(steps=2.0, grid=64),
}
