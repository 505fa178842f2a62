from dataclasses import dataclass

import numpy as np
import pytest
from analytic_scenes import AnalyticScene, mug, sphere, with_floater
from any_to_3d.backend.snapshot import SnapshotTaker


@dataclass(frozen=True)
class FakePhase:
    name: str = "geometry"


@dataclass(frozen=True)
class FakeStep:
    scene: AnalyticScene
    index: int = 7
    phase: FakePhase = FakePhase()


def test_snapshot_carries_phase_step_and_colours_of_its_points() -> None:
    snapshot = SnapshotTaker("job").take(FakeStep(AnalyticScene(sphere())), sequence=3, max_faces=50_000)
    snapshot.validate()
    assert (snapshot.job_id, snapshot.sequence, snapshot.phase, snapshot.step) == ("job", 3, "geometry", 7)
    assert snapshot.colors is not None
    assert (snapshot.colors[:, 3] == 255).all()
    assert np.abs(snapshot.colors[:, :3] / 255 - (snapshot.vertices + 1) / 2).max() < 0.003


def test_snapshot_is_simplified_to_the_watchers_budget() -> None:
    snapshot = SnapshotTaker("job").take(FakeStep(AnalyticScene(sphere())), sequence=0, max_faces=1000)
    assert 900 <= len(snapshot.faces) <= 1000


def test_snapshot_shows_no_floaters() -> None:
    snapshot = SnapshotTaker("job").take(FakeStep(AnalyticScene(with_floater(mug()))), sequence=0, max_faces=50_000)
    assert np.abs(snapshot.vertices[:, 2]).max() < 0.5


def test_topology_counts_changes_of_faces_only() -> None:
    taker = SnapshotTaker("job")
    bigger = AnalyticScene(sphere(0.7, subdivisions=2))
    other = AnalyticScene(sphere(0.7, subdivisions=3))
    scenes = [AnalyticScene(sphere(0.6, subdivisions=2)), bigger, bigger, other, bigger]
    topologies = [taker.take(FakeStep(scene), n, 50_000).topology for n, scene in enumerate(scenes)]
    assert topologies == [1, 1, 1, 2, 3]


def test_frozen_geometry_is_simplified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taker, calls = SnapshotTaker("job"), []
    step = FakeStep(AnalyticScene(sphere()))
    first = taker.take(step, 0, 1000)
    monkeypatch.setattr("fast_simplification.simplify", lambda *a, **k: calls.append(a))
    second = taker.take(step, 1, 1000)
    assert not calls
    assert second.topology == first.topology
    assert np.array_equal(first.vertices, second.vertices)
