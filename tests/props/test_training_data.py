"""What each stage of `train all` learns from: its own pictures, by its own seed, and no held-out pair but the judge."""

import json
from pathlib import Path

import pytest
from any_to_3d.backend.props import make_dataset
from any_to_3d.backend.props.training import audio, autoencoder, images, prior2d, prior3d, words
from any_to_3d.backend.props.training import everything as train_all
from any_to_3d.backend.props.training.data import PropPictures
from any_to_3d.backend.props.training.results import scores
from any_to_3d.backend.props.training.running.run_options import RunOptions
from any_to_3d.backend.props.training.sounds import Synthesis

SEED = 100
MINUTES = 7.0


def work_of(stage: str, options: train_all.Options) -> None:
    """What one stage does, as it is done within `train all`."""
    next(each for each in train_all.stages(options) if each.name == stage).work(MINUTES)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/ of a training with few objects."""
    out = tmp_path_factory.mktemp("rendered")
    work_of("pictures", train_all.Options(out, objects=24, workers=1, lanes=1, seed=SEED))
    return out / "data"


def test_the_pictures_to_learn_from_show_no_held_out_prop_and_those_of_judge_and_scores_do(rendered: Path) -> None:
    held_out = {
        name: [record["held_out"] for record in json.loads((rendered / name / "specs.json").read_text())]
        for name in ("train", "judge", "test")
    }
    assert {name: len(found) for name, found in held_out.items()} == {"train": 24, "judge": 12, "test": 24}
    assert {name: any(found) for name, found in held_out.items()} == {"train": False, "judge": True, "test": True}


def test_every_set_of_pictures_has_props_of_its_own(rendered: Path) -> None:
    seeds = [
        {record["seed"] for record in json.loads((rendered / name / "specs.json").read_text())}
        for name in ("train", "judge", "test")
    ]
    assert len(set.union(*seeds)) == sum(len(found) for found in seeds)


def test_a_data_set_with_held_out_props_opens_only_where_they_are_allowed(rendered: Path) -> None:
    assert PropPictures.load(rendered / "train").object_count == 24
    assert PropPictures.load(rendered / "judge", allow_holdouts=True).object_count == 12
    with pytest.raises(
        ValueError, match=r"judge shows \d+ props of 12 that holdouts.json keeps from training, such as .* without "
    ):
        PropPictures.load(rendered / "judge")


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[object]]:
    """What every stage that trains or scores asks for, without doing it; the folder is RUN."""
    stages = {
        "autoencoder": autoencoder,
        "decoder": autoencoder,
        "words": words,
        "images": images,
        "judge": images,
        "audio": audio,
        "prior2d": prior2d,
        "prior3d": prior3d,
        "pictures": make_dataset,
        "scores": scores,
    }
    found: dict[str, list[object]] = {}
    options = train_all.Options(tmp_path / "RUN", objects=30, lanes=1, workers=3, seed=SEED)
    for name, module in stages.items():
        with monkeypatch.context() as patch:
            patch.setattr(module, "main", found.setdefault(name, []).append)
            work_of(name, options)
    return found


def test_every_set_of_pictures_is_drawn_by_its_own_seed(asked: dict[str, list[object]]) -> None:
    drawn = {
        each.out.name: (each.objects, each.seed, each.include_holdouts)
        for each in asked["pictures"]
        if isinstance(each, make_dataset.Options)
    }
    assert drawn == {"train": (30, SEED + 1, False), "judge": (15, SEED + 2, True), "test": (24, SEED + 3, True)}


def test_every_training_goes_on_by_itself_with_a_seed_of_its_own(asked: dict[str, list[object]]) -> None:
    options = {name: each for name, (each, *_) in asked.items() if isinstance(each, RunOptions)}
    assert {name: each.seed - SEED for name, each in options.items()} == {
        "autoencoder": 0,
        "decoder": 20,
        "words": 10,
        "images": 11,
        "judge": 12,
        "audio": 13,
        "prior2d": 14,
        "prior3d": 15,
    }
    assert all(each.resume and not each.restart for each in options.values())
    assert all(each.budget.minutes == MINUTES for each in options.values())


def test_the_judge_alone_learns_from_its_pictures_and_the_scores_from_the_third_set(
    asked: dict[str, list[object]], tmp_path: Path
) -> None:
    data, runs = tmp_path / "RUN" / "data", tmp_path / "RUN" / "runs"
    (tower,), (judge,), (scored,) = asked["images"], asked["judge"], asked["scores"]
    assert isinstance(tower, images.Options)
    assert isinstance(judge, images.Options)
    assert isinstance(scored, scores.Options)
    assert (tower.data, tower.judge, tower.run) == (data / "train", False, runs / "joint")
    assert (judge.data, judge.judge, judge.run) == (data / "judge", True, runs / "judge")
    assert judge.words == tower.words == runs / "joint"
    assert scored.data == data / "test"
    for name in ("autoencoder", "decoder", "prior2d", "prior3d"):
        (each,) = asked[name]
        assert isinstance(each, autoencoder.Options | prior2d.Options | prior3d.Options)
        assert each.data == data / "train", name
    (heard,) = asked["audio"]
    assert isinstance(heard, audio.Options)
    assert heard.synthesis == Synthesis(300, 3, SEED + 4)
