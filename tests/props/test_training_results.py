"""What the trained networks in the package must have learned; cheap claims only, the sheets show the rest."""

import math
from itertools import combinations

import pytest
import torch
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.folder_layout import BUILTIN_FOLDER
from any_to_3d.backend.models.load import load_clip, load_stable_unclip, load_zero123
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.captions import colour_free_prompt, prompt
from any_to_3d.backend.props.holdout import holdout_pairs
from any_to_3d.backend.props.render import render
from any_to_3d.backend.props.spec import canonical
from any_to_3d.backend.props.training.data import as_images
from any_to_3d.backend.props.training.results.retrieval import PAIRS
from any_to_3d.backend.props.training.results.samples import Views, pose_effect, psnr, sample

CPU = torch.device("cpu")
TURNS = (0.7, 1.6, -1.6)

pytestmark = pytest.mark.skipif(
    not (BUILTIN_FOLDER / "stable_unclip").is_dir(), reason="this checkout has no trained built-in networks"
)


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return load_clip(BUILTIN_FOLDER / "clip", CPU)


@pytest.fixture(scope="module")
def pairs(encoder: ClipEncoder) -> list[tuple[str, str]]:
    """The classes in the colours that these networks were taught; the world may have grown since."""
    return [pair for pair in PAIRS if not encoder.unknown_words(prompt(*pair))]


def picture(prop_class: str, colour: str, azimuth: float) -> torch.Tensor:
    return as_images(render(build(canonical(prop_class, colour)), math.radians(10.0), azimuth, 64).rgb[None])


def test_class_prompts_lie_apart(encoder: ClipEncoder, pairs: list[tuple[str, str]]) -> None:
    classes = sorted({name for name, _ in pairs})
    assert len(classes) >= 16
    unit = encoder.embed_text([colour_free_prompt(name) for name in classes])
    for first, second in combinations(range(len(classes)), 2):
        assert unit[first] @ unit[second] < 0.8, (classes[first], classes[second])


def test_an_unknown_word_hardly_moves_a_prompt(encoder: ClipEncoder) -> None:
    plain, decorated = encoder.embed_text(["a red chair", "a wonderful red chair"])
    assert plain @ decorated > 0.9


@pytest.mark.parametrize("folder", ["clip", "judge"])
def test_image_tower_names_most_seen_props(folder: str, pairs: list[tuple[str, str]]) -> None:
    tower = load_clip(BUILTIN_FOLDER / folder, CPU)
    texts = tower.embed_text([prompt(*pair) for pair in pairs])
    shown = [pair for pair in pairs if pair not in holdout_pairs()][::5]
    with torch.no_grad():
        images = torch.cat([picture(*pair, azimuth=0.6) for pair in shown])
        found = [pairs[number] for number in (tower.embed_image(images) @ texts.T).argmax(dim=1).tolist()]
    assert sum(a == b for a, b in zip(found, shown, strict=True)) >= 0.7 * len(shown), found


def test_a_half_turn_matters_to_the_2d_prior(encoder: ClipEncoder) -> None:
    assert pose_effect(load_stable_unclip(BUILTIN_FOLDER / "stable_unclip", CPU), encoder, "chair") > 0.4


def test_a_turned_view_is_closer_to_the_truth_than_a_copy_or_its_mirror_image() -> None:
    prior = load_zero123(BUILTIN_FOLDER / "zero123", CPU)
    front = picture("chair", "blue", 0.0)
    truth = torch.cat([picture("chair", "blue", turn) for turn in TURNS])
    here = Views(torch.tensor([math.radians(10.0)]), torch.zeros(1))
    seen = prior.prepare(Condition(torch.zeros(1, 128), reference_image=front, reference_view=here))

    def turned(sign: float) -> torch.Tensor:
        views = Views(torch.full((3,), math.radians(10.0)), sign * torch.tensor(TURNS))
        return sample(prior, seen, views, 2.0, seed=0, steps=10)

    predicted = psnr(turned(1.0), truth).mean()
    assert predicted > psnr(front.expand_as(truth), truth).mean() + 1.5
    assert predicted > psnr(turned(-1.0), truth).mean() + 1.0
