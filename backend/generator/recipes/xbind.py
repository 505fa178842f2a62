"""XBind with the published networks: every number of the three phases.

The paper gives cameras, image sizes, optimisers, learning rates and the threshold (Sec. V-A); each equals a public
configuration, whose other numbers fill the gaps:
  phase I    threestudio configs/magic123-hifa-coarse-sd.yaml
  phase II   Consistent3D configs/consistency-refine.yaml
  phase III  threestudio configs/magic123-hifa-refine-sd.yaml (with the geometry frozen, as Algorithm 1 says)
"Chosen" marks what no source gives. XBIND is the paper's own run; the other presets take steps, pixels or lattice
points away from it.
"""

from dataclasses import replace

from ..cameras import CameraRange
from ..losses.modality_similarity import ModalitySimilarity
from ..losses.reference_view import ReferenceView
from ..losses.score_distillation import CDS, SDS
from ..losses.surface import LaplacianSmoothness, NormalConsistency
from ..losses.volume import NormalSmoothness, ZVariance
from ..optimisers import Adam, Adan, LearningRates
from ..recipe import Balanced, Phase, Recipe, ReferenceSampling, StereoCamera, Weighted
from ..representations.dmtet import DMTet
from ..representations.fixed_mesh import FixedMesh
from ..representations.nerf import NeRF
from ..representations.tet_grid import KuhnGrid
from ..schedules import Piecewise, SquareRoot, linear

WIDE = CameraRange(elevation=(-45, 45), azimuth=(-180, 180), distance=(2.5, 2.5), fov_y=(40, 40))  # Sec. V-A, I and III
CLOSE = CameraRange(  # Sec. V-A, phase II
    elevation=(-10, 45),
    azimuth=(-135, 225),
    distance=(1.5, 2.0),
    fov_y=(30, 45),
    # Phase I's objects reach 0.73 from the centre and Consistent3D's 0.5: at 1.0 they would leave the image. Chosen.
    distance_scale=1.3,
)

# threestudio shows 512 to priors trained at 768 as well; all of 768 costs 1.8 times the step. Stage 0 paints at 768.
PLANAR_SIZE = 512

PLANAR_SDS = SDS(  # Eq. 4-5
    "planar",
    guidance_scale=100.0,  # magic123-hifa
    t_low=0.2,  # magic123-hifa
    t_high=0.6,  # magic123-hifa
    weighting="1-sqrt(acp)",  # stable_diffusion_unified_guidance.py, "dreamfusion"
    image_weight=0.01,  # omega_img = lambda_sd_img / lambda_sd = 0.00025 / 0.025, magic123-hifa
)
PLANAR_WEIGHT = 0.025  # omega*, lambda_sd of magic123-hifa; right for "1-sqrt(acp)" only
STEREO_SDS = SDS(  # Eq. 10; lambda_3d_sd 1
    "stereo",
    guidance_scale=5.0,  # magic123-hifa
    t_low=0.2,  # magic123-hifa
    t_high=0.6,  # magic123-hifa
    weighting="1-sqrt(acp)",  # zero123_unified_guidance.py
    signal="rgb",  # its condition is a colour image; normal maps (phase II) would be foreign to it. Chosen.
)
PLANAR_CDS = CDS(  # Eq. 3
    "planar",
    guidance_scale=linear(100.0, 30.0),  # consistency-refine
    t_less=SquareRoot(0.3, 0.02),  # consistency-refine: cur_steps 300 -> 20
    t_less_range=(0.02, 0.4),  # sigma_min; sigma_max - end_gap
    gap=(0.1, 0.2),  # end_gap 100, perturb_factor 100
    t_more_limit=0.5,  # sigma_max
    weighting="1-acp",  # "sds", at t1
    clip=linear(2.0, 8.0),  # consistency-refine
)
# omega_ms is chosen: the share, and stable-dreamfusion's gradient scale for CLIP (clip_utils.py) until it is known.
SIMILARITY = Weighted(ModalitySimilarity(), Balanced("sds planar", ratio=0.2, start=10.0))
REFERENCE = ReferenceView(rgb=1000.0, mask=100.0)  # Eq. 11; magic123-hifa (mask: mean square, as the paper has it)

COARSE = Phase(
    name="coarse",
    steps=5000,  # Magic123's own code; threestudio 10 000
    start=NeRF(),
    cameras=WIDE,
    size=128,  # Sec. V-A
    guide="rgb",
    optimiser=Adam(LearningRates(grid=0.01, mlp=0.001)),  # Sec. V-A: 0.01; the networks' rate from magic123-hifa
    planar_size=PLANAR_SIZE,
    losses=(
        Weighted(PLANAR_SDS, PLANAR_WEIGHT),
        SIMILARITY,
        Weighted(STEREO_SDS, 1.0),  # lambda_3d_sd, magic123-hifa
        Weighted(REFERENCE),  # Eq. 11, every step
        Weighted(ZVariance(), Piecewise(((0.0, 0.0), (0.5, 100.0)))),  # lambda_z_variance 100; ramp of HiFA main.py
        Weighted(NormalSmoothness("differences"), 1000.0),  # lambda_normal_smoothness_2d, magic123-hifa
    ),
)

GEOMETRY = Phase(
    name="geometry",
    steps=3000,  # consistency-refine
    start=DMTet(train="geometry", grid=KuhnGrid(128)),  # threshold 10 (Sec. V-A); 128 as consistency-refine
    cameras=CLOSE,
    size=512,  # Sec. V-A
    guide="normal",  # Sec. IV-C, after Fantasia3D
    optimiser=Adan(LearningRates(geometry=0.01)),  # Sec. V-A; betas, clip and decay of consistency-refine
    # consistency-refine has 8 with four azimuth sectors, at 8 times the networks' time and memory. Chosen.
    batch=1,
    planar_size=PLANAR_SIZE,
    # The 3D-aware prior never saw phase II's distances and fields of view. Chosen.
    stereo=StereoCamera(distance=2.5, fov_y=40.0),
    losses=(
        Weighted(PLANAR_CDS, 1.0),  # lambda_sds, consistency-refine
        Weighted(ModalitySimilarity(), Balanced("cds planar", ratio=0.2, start=10.0)),  # as SIMILARITY
        Weighted(STEREO_SDS, 1.0),  # weight chosen, as in phase I
        Weighted(REFERENCE),  # colours too, as the texture of phase I is shown here
        Weighted(NormalConsistency(), 100.0),  # consistency-refine
        Weighted(LaplacianSmoothness(), 100.0),  # consistency-refine
    ),
)

TEXTURE = Phase(
    name="texture",
    steps=5000,  # Magic123's own code; threestudio 10 000
    start=DMTet(train="texture", grid=KuhnGrid(128)),
    cameras=WIDE,
    size=512,  # Sec. V-A
    guide="rgb",
    optimiser=Adam(LearningRates(grid=0.001, mlp=0.001)),  # Sec. V-A
    planar_size=PLANAR_SIZE,
    losses=(
        Weighted(PLANAR_SDS, PLANAR_WEIGHT),
        SIMILARITY,
        Weighted(STEREO_SDS, 1.0),  # lambda_3d_sd, magic123-hifa-refine
        Weighted(ReferenceView(rgb=1000.0, mask=0.0)),  # the geometry is frozen, and the mask with it
    ),
)

XBIND = Recipe(  # the preset "paper"
    name="xbind",
    phases=(COARSE, GEOMETRY, TEXTURE),
    reference=ReferenceSampling(candidates=4, steps=50, guidance_scale=10.0),  # BindDiffusion 50; diffusers unCLIP 10
)


def _lighter(recipe: Recipe, sizes: tuple[int, int, int], lattice: int) -> Recipe:
    """Smaller renders and lattice, and one crop of each in the similarity loss, whose passes share their memory.

    What the priors are shown is as large as ever: they know no smaller pictures.
    """
    small = recipe.scaled(grid=lattice)
    phases = tuple(
        replace(
            phase,
            size=size,
            start=_with_longer_steps(phase.start),
            losses=tuple(_with_one_crop(weighted) for weighted in phase.losses),
        )
        for phase, size in zip(small.phases, sizes, strict=True)
    )
    return replace(small, phases=phases)


def _with_longer_steps(start: NeRF | DMTet | FixedMesh) -> NeRF | DMTet | FixedMesh:
    """Along a ray no finer than a pixel of 64 is wide: 2 / 96 of the ball, against 1.8 / 64 of the image."""
    return replace(start, march=replace(start.march, samples=96)) if isinstance(start, NeRF) else start


def _with_one_crop(weighted: Weighted) -> Weighted:
    loss = weighted.loss
    return replace(weighted, loss=replace(loss, local_count=1)) if isinstance(loss, ModalitySimilarity) else weighted


def _with_steps(recipe: Recipe, *steps: int) -> Recipe:
    phases = tuple(replace(phase, steps=count) for phase, count in zip(recipe.phases, steps, strict=True))
    return replace(recipe, phases=phases)


# Schedules run over the fraction of a phase, so that half the steps anneal over the same noise levels. Chosen.
STANDARD = XBIND.scaled(steps=0.5)

# For cards of 8 GB, with the steps of Standard: a preset of its own rather than Draft, because little memory is no wish
# for a quick look, and a draft's 1200 steps would be the best that such a card could ever do. At a quarter of the rays
# phase I's field takes a quarter of the memory; a mesh is cheap to draw, so phases II and III keep most of their size.
SMALL = _lighter(STANDARD, sizes=(64, 384, 384), lattice=96)

# 1200 steps are 54 s at 45 ms, and leave as much again as the reference view and the unwrapping take in 90 s. Chosen;
# as small as Small, so that who waits for a Small can have a look at it first.
DRAFT = replace(
    _with_steps(_lighter(XBIND, sizes=(64, 256, 256), lattice=64), 500, 300, 400),
    reference=replace(XBIND.reference, candidates=2, steps=25),
)

PRESETS = {"draft": DRAFT, "small": SMALL, "standard": STANDARD, "paper": XBIND}
