"""When a silent worker is to be reported."""

from any_to_3d.backend.silence import SilenceWatch


def test_silence_is_reported_once_an_interval_with_its_whole_length() -> None:
    watch = SilenceWatch(60.0)
    watch.heard(0, 1000.0)
    reports = {now: watch.to_report([0], float(now)) for now in (1059, 1060, 1061, 1119, 1120)}
    assert reports == {1059: [], 1060: [(0, 60.0)], 1061: [], 1119: [], 1120: [(0, 120.0)]}


def test_a_word_begins_the_count_anew() -> None:
    watch = SilenceWatch(60.0)
    watch.heard(0, 0.0)
    watch.heard(0, 50.0)
    assert watch.to_report([0], 100.0) == []
    assert watch.to_report([0], 110.0) == [(0, 60.0)]


def test_only_busy_workers_are_reported() -> None:
    watch = SilenceWatch(60.0)
    watch.heard(0, 0.0)
    watch.heard(1, 0.0)
    assert watch.to_report([1], 100.0) == [(1, 100.0)]
