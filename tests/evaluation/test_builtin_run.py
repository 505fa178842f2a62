"""The whole suite with the fake engine: what is made once, what goes on where it stopped, what the report holds."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend.evaluation import run, suites, worker
from any_to_3d.backend.evaluation.builtin_suite import Extent, builtin_studies
from any_to_3d.backend.evaluation.case import Target
from any_to_3d.backend.evaluation.contact_sheet import contact_sheet
from any_to_3d.backend.evaluation.judges import IN_LOOP, INDEPENDENT
from any_to_3d.backend.evaluation.measures.likeness import Judged
from any_to_3d.backend.evaluation.measures.prop_match import PropMatch
from any_to_3d.backend.evaluation.pairs import world_pairs
from any_to_3d.backend.evaluation.scores import phase_scores
from any_to_3d.backend.evaluation.settings import Knowledge, Settings
from any_to_3d.backend.evaluation.studies import image, mixed, recipe, text
from any_to_3d.backend.evaluation.studies.image import ImageScores
from any_to_3d.backend.evaluation.studies.text import TextScores
from any_to_3d.backend.evaluation.suites import Wishes
from any_to_3d.backend.fake_generation import FakeEngine, textured_torus
from prop_meshes import colour_judge

TINY = Extent(
    prompts=2, pictures=1, weights=(0.0, 1.0), mixed_seeds=1, recipe_prompts=2, preset="standard", presets=("draft",)
)
OBJECTS = 2 + 1 + 2 + 2 * 7 + 2


class CountingEngine(FakeEngine):
    """The fake engine without waiting, which tells what it made."""

    def __init__(self) -> None:
        super().__init__(sleep=lambda seconds: None)
        self.made: list[str] = []

    def run(self, job_id: str, submit, checkpoint) -> Iterator:
        self.made.append(job_id.removeprefix("evaluate-"))
        return super().run(job_id, submit, checkpoint)


@pytest.fixture(scope="module")
def torus_scores() -> TextScores:
    pair = world_pairs()[0]
    finished = phase_scores(
        textured_torus(0.6, 0.2, 0),
        Target.of_pair(pair),
        (colour_judge(IN_LOOP), colour_judge(INDEPENDENT)),
        (pair,),
        1,
    )
    return TextScores(finished, (Judged(IN_LOOP, 0.5), Judged(INDEPENDENT, 0.5)))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, torus_scores: TextScores) -> CountingEngine:
    """A stub of everything that costs time; scores are real but made once."""
    engine = CountingEngine()
    judged = torus_scores.likeness
    image_scores = ImageScores(judged, judged, PropMatch(0.0, 2.0, 15.0), PropMatch(90.0, 1.0, 18.0))
    monkeypatch.setattr(worker, "build_engine", lambda *arguments: engine)
    monkeypatch.setattr(worker, "profile_judges", lambda *_: (colour_judge(IN_LOOP), colour_judge(INDEPENDENT)))
    monkeypatch.setattr(run, "in_processes", lambda settings, jobs, workers: worker.in_this_process(settings, jobs))
    monkeypatch.setattr(Knowledge, "of", lambda settings: Knowledge(("text", "image"), lambda text: ()))
    monkeypatch.setattr(suites, "builtin_studies", lambda known, views, _: builtin_studies(known, views, TINY))
    monkeypatch.setattr(text, "text_scores", lambda *arguments: torus_scores)
    monkeypatch.setattr(recipe, "text_scores", lambda *arguments: torus_scores)
    monkeypatch.setattr(image.ImageStudy, "score", lambda *arguments: image_scores)
    for module in (text, image, mixed):
        monkeypatch.setattr(module, "contact_sheet", lambda rows, **_: contact_sheet(rows, size=8, views=1))
    return engine


def evaluated(out: Path, *studies: str) -> Path:
    return run.main(Wishes("builtin", studies=studies), Settings(out, views=1))


def test_every_object_is_made_once_and_never_again(engine: CountingEngine, tmp_path: Path) -> None:
    page = evaluated(tmp_path).read_text()
    assert len(engine.made) == len(set(engine.made)) == OBJECTS
    assert "Not finished" not in page
    evaluated(tmp_path)
    assert len(engine.made) == OBJECTS


def test_presets_are_timed_after_everything_else(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path)
    assert [name.startswith("preset-") for name in engine.made] == [False] * (OBJECTS - 2) + [True] * 2


def test_report_has_the_aims_first_and_every_study_with_its_sheet(engine: CountingEngine, tmp_path: Path) -> None:
    page = evaluated(tmp_path).read_text()
    assert page.splitlines()[:3] == [
        *("# Evaluation: suite builtin, plan full, profile builtin", "", f"{OBJECTS} of {OBJECTS} objects made.")
    ]
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert [heading.removeprefix("## ") for heading in headings] == [
        *("Aims", "Text", "Images", "Audio", "Mixed prompts", "Baselines and ablations", "Time and memory"),
        *("Limits", "Where this comes from"),
    ]
    assert "These models take text and image, no sound" in page
    assert "|  | ideal | seen | held out | all |" in page
    assert (
        "| audio: top-1 class of held-out sounds among 18 sounding classes | at least 0.85 |  | not measured |" in page
    )
    for sheet in ("contact-text.png", "contact-image.png", "contact-mixed.png"):
        assert f"]({sheet})" in page
        assert (tmp_path / sheet).exists()
    data = json.loads((tmp_path / "report.json").read_text())
    assert len(data["objects"]) == OBJECTS
    assert data["sections"][0]["goals"][0]["aim"] == 0.95


def test_some_studies_now_and_others_later_make_one_report(engine: CountingEngine, tmp_path: Path) -> None:
    first = evaluated(tmp_path, "image").read_text()
    assert engine.made == ["image-purple-bench"]
    assert "**Not finished**: 2 of 2 objects" in first
    assert f"1 of {OBJECTS} objects made; {OBJECTS - 1} still to be made." in first
    second = evaluated(tmp_path, "mixed").read_text()
    assert len(engine.made) == 3
    assert "![contact-image.png](contact-image.png)" in second


def test_each_study_is_put_down_to_the_run_that_worked_on_it(
    engine: CountingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = run.provenance(Settings(tmp_path, views=1), "builtin", "full")
    for command, studies in (("one", ("image",)), ("two", ("mixed", "presets"))):
        source = replace(known, command=command, commit="a" * 40, has_local_changes=False)
        monkeypatch.setattr(run, "provenance", lambda *_, source=source: source)
        page = evaluated(tmp_path, *studies).read_text()
    assert f"- Studies image: commit {'a' * 40}, `one`\n" in page
    assert f"- Studies mixed, presets: commit {'a' * 40}, `two`\n" in page


def test_folder_of_the_other_extent_is_refused(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path, "image")
    with pytest.raises(ValueError, match="plan 'full' instead of 'quick'; choose an empty folder"):
        run.main(Wishes("builtin", quick=True), Settings(tmp_path, views=1))
