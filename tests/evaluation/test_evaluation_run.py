import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.evaluation import run, worker
from any_to_3d.backend.evaluation.archive import Archive, Outcome
from any_to_3d.backend.evaluation.capture import Watch, capture, load, save
from any_to_3d.backend.evaluation.case import Case, Target, TextPart
from any_to_3d.backend.evaluation.contact_sheet import Row, contact_sheet
from any_to_3d.backend.evaluation.measures.peak_memory import PeakMemory
from any_to_3d.backend.evaluation.pairs import Pair, world_pairs
from any_to_3d.backend.evaluation.provenance import Provenance, provenance, weights_checksum
from any_to_3d.backend.evaluation.request import request_of
from any_to_3d.backend.evaluation.scores import PhaseScores, phase_scores
from any_to_3d.backend.evaluation.settings import Settings
from any_to_3d.backend.evaluation.studies import smoke
from any_to_3d.backend.evaluation.suites import Wishes
from any_to_3d.backend.fake_generation import FakeEngine, textured_torus
from any_to_3d.backend.models.folder_layout import MissingWeights
from prop_meshes import colour_judge, prop_mesh

MUG, CAR = Pair("mug", "yellow"), Pair("car", "red")


class CountingEngine(FakeEngine):
    """The fake engine without waiting; it refuses cars once told to."""

    def __init__(self) -> None:
        super().__init__(sleep=lambda seconds: None)
        self.runs = 0
        self.refused = ""

    def run(self, job_id: str, submit, checkpoint) -> Iterator:
        self.runs += 1
        if self.refused and self.refused in submit.prompts[0].prompt.text:
            raise ValueError("no cars today")
        return super().run(job_id, submit, checkpoint)


@pytest.fixture(scope="module")
def torus_scores() -> PhaseScores:
    """The scores of what the fake engine makes; real, but made once."""
    mug = Target.of_pair(MUG)
    return phase_scores(textured_torus(0.6, 0.2, 0), mug, (colour_judge(),), world_pairs(), views=2)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, torus_scores: PhaseScores) -> CountingEngine:
    engine = CountingEngine()
    monkeypatch.setattr(worker, "build_engine", lambda *arguments: engine)
    monkeypatch.setattr(worker, "profile_judges", lambda *arguments: ())
    monkeypatch.setattr(smoke, "prop_verdicts", lambda *arguments: torus_scores.verdicts)
    monkeypatch.setattr(smoke, "phase_scores", lambda *arguments: torus_scores)
    monkeypatch.setattr(smoke, "contact_sheet", partial(contact_sheet, size=16))
    monkeypatch.setattr(smoke, "PAIRS", (MUG, CAR))
    return engine


def evaluated(out: Path, preset: str = "standard", seeds: int = 1, workers: int = 1) -> Path:
    return run.main(Wishes("smoke", preset=preset, seeds=seeds), Settings(out, views=2), workers)


def test_report_shows_every_phase_and_object_with_its_source(engine: CountingEngine, tmp_path: Path) -> None:
    page = evaluated(tmp_path).read_text()
    assert "|  | I coarse | II geometry | III texture | Props |" in page
    assert "| a yellow mug (held out) | 0 |" in page
    assert "| a red car | 0 |" in page
    data = json.loads((tmp_path / "report.json").read_text())
    assert {"machine", "command", "commit", "weights"} <= set(data["provenance"])
    phases = data["objects"][0]["outcome"]["costs"]["phases"]
    assert [phase["name"] for phase in phases] == ["coarse", "geometry", "texture"]
    assert (tmp_path / "contact-texture.png").exists()
    assert (tmp_path / "objects" / "yellow-mug-0" / "final.glb").exists()


def test_interrupted_run_goes_on_without_repeating_objects(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path)
    assert engine.runs == 2
    evaluated(tmp_path)
    assert engine.runs == 2
    evaluated(tmp_path, seeds=2)
    assert engine.runs == 4


def test_lost_scores_are_made_again_from_the_kept_meshes(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path)
    (tmp_path / "objects" / "yellow-mug-0" / "outcome.json").unlink()
    evaluated(tmp_path)
    assert engine.runs == 2


def test_failed_object_is_named_counts_zero_and_is_tried_again(engine: CountingEngine, tmp_path: Path) -> None:
    engine.refused = "car"
    page = evaluated(tmp_path).read_text()
    assert "- a red car, seed 0: no cars today" in page
    assert "Seen pairs (1 objects): R-precision by colours 0.000" in page
    engine.refused = ""
    assert "Failed" not in evaluated(tmp_path).read_text()
    assert engine.runs == 3


def test_folder_with_results_of_another_preset_is_refused(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path)
    with pytest.raises(ValueError, match="preset standard' instead of 'recipe xbind, preset high'; choose an empty"):
        evaluated(tmp_path, preset="high")


def test_folder_with_results_of_other_recipe_numbers_is_refused(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path)
    file = tmp_path / "provenance.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"recipes": "of yesterday"}))
    with pytest.raises(ValueError, match=r"recipes 'of yesterday' instead of .*choose an empty folder"):
        evaluated(tmp_path)


def test_commits_of_earlier_parts_stay_on_record(engine: CountingEngine, tmp_path: Path) -> None:
    evaluated(tmp_path)
    file = tmp_path / "provenance.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"commit": "b" * 40, "earlier_commits": ["a" * 40]}))
    for _ in range(2):
        evaluated(tmp_path)
    assert json.loads(file.read_text())["earlier_commits"] == ["a" * 40, "b" * 40]


def test_report_names_each_run_that_contributed_and_for_which_study(
    engine: CountingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, commit, seeds in (("first", "a" * 40, 1), ("second", "b" * 40, 2), ("only-looks", "c" * 40, 2)):
        monkeypatch.setattr(run, "provenance", partial(made_by, command, commit))
        page = evaluated(tmp_path, seeds=seeds).read_text()
    assert page.partition("## Where this comes from\n\n")[2].splitlines()[1:4] == [
        f"- Studies smoke: commit {'a' * 40}, `first`",
        f"- Studies smoke: commit {'b' * 40}, `second`",
        f"- This page: commit {'c' * 40}, `only-looks`",
    ]
    data = json.loads((tmp_path / "report.json").read_text())
    assert [each["source"]["command"] for each in data["provenance"]["contributions"]] == ["first", "second"]


def test_runs_of_a_folder_that_did_not_record_their_studies_are_named_too(
    engine: CountingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "provenance", partial(made_by, "the same", "b" * 40))
    evaluated(tmp_path)
    file = tmp_path / "provenance.json"
    of_old = json.loads(file.read_text()) | {"earlier_commits": ["a" * 40]}
    del of_old["contributions"]
    file.write_text(json.dumps(of_old))
    for _ in range(2):
        page = evaluated(tmp_path, seeds=2).read_text()
    assert page.partition("## Where this comes from\n\n")[2].splitlines()[1:4] == [
        f"- Studies not recorded: commit {'a' * 40}, command not recorded",
        f"- Studies not recorded: commit {'b' * 40}, `the same`",
        f"- Studies smoke: commit {'b' * 40}, `the same`",
    ]


def test_a_run_is_credited_as_soon_as_a_job_is_done(
    engine: CountingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise SystemExit("as if by the system")

    monkeypatch.setattr(run, "write_report", killed)
    monkeypatch.setattr(run, "_is_on_disk", killed)
    with pytest.raises(SystemExit):
        evaluated(tmp_path)
    kept = json.loads((tmp_path / "provenance.json").read_text())
    assert [each["studies"] for each in kept["contributions"]] == [["smoke"]]


def made_by(command: str, commit: str, *arguments: object) -> Provenance:
    return replace(provenance(*arguments), command=command, commit=commit, has_local_changes=False)


@pytest.mark.parametrize(
    ("recipe", "preset", "sentence"),
    [
        ("nope", None, r"profile 'builtin' has no recipe 'nope'; choose one of: xbind, stable_sds, "),
        (None, "foo", "recipe 'xbind' has no preset 'foo'; choose one of: draft, standard, high"),
        ("zero_sds", "draft", "recipe 'zero_sds' has no preset 'draft'; choose one of: standard"),
    ],
)
def test_unknown_recipe_and_preset_are_refused_before_the_folder_is_claimed(
    engine: CountingEngine, tmp_path: Path, recipe: str | None, preset: str | None, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        run.main(Wishes("smoke", recipe=recipe, preset=preset, seeds=1), Settings(tmp_path, views=2))
    assert list(tmp_path.iterdir()) == []


def test_missing_weights_are_named_before_the_folder_is_claimed(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MissingWeights, match="stable_unclip is missing"):
        run.main(Wishes("smoke"), Settings(tmp_path / "out", profile="full", models_folder=str(empty)))
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        run.main(Wishes("smoke"), Settings(tmp_path / "out", profile="full", models_folder=str(tmp_path / "none")))
    assert list(tmp_path.iterdir()) == [empty]


def test_the_fake_profile_has_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="profile 'fake' makes nothing to judge; evaluate builtin or full"):
        run.main(Wishes("smoke"), Settings(tmp_path, profile="fake"))
    assert list(tmp_path.iterdir()) == []


def test_object_that_cannot_be_scored_costs_no_other_and_is_tried_again(
    engine: CountingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torus_scores: PhaseScores
) -> None:
    def no_cars(mesh: object, target: Target, *others: object) -> PhaseScores:
        if target.text == "a red car":
            raise ArithmeticError("a car too many")
        return torus_scores

    monkeypatch.setattr(smoke, "phase_scores", no_cars)
    page = evaluated(tmp_path).read_text()
    assert "could not be scored: ArithmeticError('a car too many')" in page
    monkeypatch.setattr(smoke, "phase_scores", lambda *arguments: torus_scores)
    assert "could not be scored" not in evaluated(tmp_path).read_text()
    assert engine.runs == 2


def test_interrupted_run_leaves_a_report_of_what_there_is(
    engine: CountingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torus_scores: PhaseScores
) -> None:
    def stop_at_cars(mesh: object, target: Target, *others: object) -> PhaseScores:
        if target.text == "a red car":
            raise KeyboardInterrupt
        return torus_scores

    monkeypatch.setattr(smoke, "phase_scores", stop_at_cars)
    with pytest.raises(KeyboardInterrupt):
        evaluated(tmp_path)
    assert "| a yellow mug (held out) | 0 |" in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize(("seeds", "workers"), [(0, 1), (1, 0)])
def test_nonsense_counts_are_refused(engine: CountingEngine, tmp_path: Path, seeds: int, workers: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        evaluated(tmp_path, seeds=seeds, workers=workers)


def mug_case(**settings: str) -> Case:
    return Case("mug", "smoke", (TextPart("a mug"),), Target.of_pair(MUG), **settings)


def test_capture_survives_the_disk(tmp_path: Path) -> None:
    made = capture(CountingEngine(), request_of(mug_case(preset="draft")), Watch(every_phase=True))
    save(made, tmp_path)
    back = load(tmp_path)
    assert back.costs == made.costs
    assert back.costs.seconds == made.costs.seconds > 0
    assert list(back.meshes) == ["coarse", "geometry", "texture"]
    assert np.array_equal(back.mesh.albedo, made.mesh.albedo)


def test_capture_finishes_only_the_last_phase_unless_asked() -> None:
    made = capture(CountingEngine(), request_of(mug_case()), Watch())
    assert list(made.meshes) == ["texture"]
    assert made.costs.first_mesh_seconds is None


def test_first_live_mesh_is_timed_from_the_request() -> None:
    costs = capture(CountingEngine(), request_of(mug_case()), Watch(first_mesh=True)).costs
    assert costs.first_mesh_seconds is not None
    assert 0 < costs.first_mesh_seconds < costs.seconds


def test_folder_with_another_case_of_the_same_name_is_refused(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write(Outcome(mug_case(), None, "failed"))
    assert not archive.is_done(mug_case())
    with pytest.raises(ValueError, match=r"preset='high'.*choose an empty folder"):
        archive.is_done(mug_case(preset="high"))


def test_peak_memory_sees_what_was_given_back() -> None:
    with PeakMemory() as memory:
        before = memory.lap()
        block = np.ones(200 * 2**17)  # 200 MiB
        during = memory.lap()
        del block
        memory.lap()
        after = memory.lap()
    assert during - before > 150
    assert after < during - 150


def test_contact_sheet_has_eight_different_views_a_row() -> None:
    sheet = np.asarray(contact_sheet([Row("mug", prop_mesh("mug", "yellow")), Row("car", prop_mesh("car", "red"))], 32))
    assert sheet.shape == (2 * 48, 8 * 32, 3)
    views = [sheet[48 + 16 :, 32 * n : 32 * (n + 1)] for n in range(8)]
    assert all((view.min(axis=2) < 200).mean() > 0.1 for view in views)
    assert not np.array_equal(views[0], views[2])


def test_contact_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])


def test_checksum_follows_contents_and_names(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"1")
    first = weights_checksum(tmp_path)
    (tmp_path / "notes.txt").write_text("no weights")
    assert weights_checksum(tmp_path) == first
    (tmp_path / "a.safetensors").write_bytes(b"2")
    assert weights_checksum(tmp_path) != first
