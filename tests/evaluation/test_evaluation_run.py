import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.evaluation import run
from any_to_3d.backend.evaluation.capture import capture, load, save
from any_to_3d.backend.evaluation.contact_sheet import Row, contact_sheet
from any_to_3d.backend.evaluation.peak_memory import PeakMemory
from any_to_3d.backend.evaluation.provenance import weights_checksum
from any_to_3d.backend.evaluation.r_precision import PromptPool
from any_to_3d.backend.evaluation.scores import Judge, PhaseScores, phase_scores
from any_to_3d.backend.evaluation.suite import Subject, Suite, pool
from any_to_3d.backend.fake_generation import FakeEngine, textured_torus
from prop_meshes import ColourJudge, prop_mesh

MUG, CAR = Subject("mug", "yellow"), Subject("car", "red")


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
    encoder = ColourJudge()
    texts, groups = [subject.text for subject in pool()], [subject.prop_class for subject in pool()]
    judge = Judge("colours", encoder, PromptPool.embedded(encoder, texts, groups))
    return phase_scores(textured_torus(0.6, 0.2, 0), MUG, (judge,), views=2)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, torus_scores: PhaseScores) -> CountingEngine:
    engine = CountingEngine()
    monkeypatch.setattr(run, "build_engine", lambda *arguments: engine)
    monkeypatch.setattr(run, "profile_judges", lambda *arguments: ())
    monkeypatch.setattr(run, "prop_verdicts", lambda *arguments: torus_scores.verdicts)
    monkeypatch.setattr(run, "phase_scores", lambda *arguments: torus_scores)
    monkeypatch.setattr(run, "contact_sheet", partial(contact_sheet, size=16))
    monkeypatch.setattr(run, "named_suite", lambda name: Suite(name, (MUG, CAR), seeds=1))
    return engine


def settings(out: Path) -> run.Settings:
    return run.Settings(out, views=2)


def test_report_shows_every_phase_and_object_with_its_source(engine: CountingEngine, tmp_path: Path) -> None:
    page = run.main("tiny", settings(tmp_path)).read_text()
    assert "| | I coarse | II geometry | III texture | Props |" in page
    assert "| a yellow mug (held out) | 0 |" in page
    assert "| a red car | 0 |" in page
    data = json.loads((tmp_path / "report.json").read_text())
    assert {"machine", "command", "commit", "weights"} <= set(data["provenance"])
    assert [phase["name"] for phase in data["objects"][0]["phases"]] == ["coarse", "geometry", "texture"]
    assert (tmp_path / "contact-texture.png").exists()
    assert (tmp_path / "objects" / "yellow-mug-0" / "final.glb").exists()


def test_interrupted_run_goes_on_without_repeating_objects(engine: CountingEngine, tmp_path: Path) -> None:
    run.main("tiny", settings(tmp_path))
    assert engine.runs == 2
    run.main("tiny", settings(tmp_path))
    assert engine.runs == 2
    run.main("tiny", settings(tmp_path), seeds=2)
    assert engine.runs == 4


def test_lost_scores_are_made_again_from_the_kept_meshes(engine: CountingEngine, tmp_path: Path) -> None:
    run.main("tiny", settings(tmp_path))
    (tmp_path / "objects" / "yellow-mug-0" / "record.json").unlink()
    run.main("tiny", settings(tmp_path))
    assert engine.runs == 2


def test_failed_object_is_named_counts_zero_and_is_tried_again(engine: CountingEngine, tmp_path: Path) -> None:
    engine.refused = "car"
    page = run.main("tiny", settings(tmp_path)).read_text()
    assert "- a red car, seed 0: no cars today" in page
    assert "Seen pairs (1 objects): R-precision by colours 0.000" in page
    engine.refused = ""
    assert "Failed" not in run.main("tiny", settings(tmp_path)).read_text()
    assert engine.runs == 3


def test_folder_with_results_of_another_preset_is_refused(engine: CountingEngine, tmp_path: Path) -> None:
    run.main("tiny", settings(tmp_path))
    with pytest.raises(ValueError, match="preset standard instead of high; choose an empty folder"):
        run.main("tiny", replace(settings(tmp_path), preset="high"))


@pytest.mark.parametrize(("seeds", "workers"), [(0, 1), (1, 0)])
def test_nonsense_counts_are_refused(engine: CountingEngine, tmp_path: Path, seeds: int, workers: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        run.main("tiny", settings(tmp_path), seeds=seeds, workers=workers)


def test_capture_survives_the_disk(tmp_path: Path) -> None:
    made = capture(CountingEngine(), MUG, seed=3, recipe="xbind", preset="draft")
    save(made, tmp_path)
    back = load(tmp_path)
    assert back.costs == made.costs
    assert back.seconds == made.seconds > 0
    assert np.array_equal(back.meshes[1].albedo, made.meshes[1].albedo)


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
