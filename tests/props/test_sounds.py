"""The classes' synthesised sounds: form, determinism, variety, and whether the classes can be told apart."""

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from any_to_3d.backend.props.sounds import SAMPLE_RATE, SOUNDING_CLASSES, synthesise, variants, variants_of
from any_to_3d.backend.props.sounds.examples import write_examples
from any_to_3d.backend.props.sounds.friction import jerks
from any_to_3d.backend.props.sounds.held_out import synthesise_held_out
from any_to_3d.backend.props.sounds.motion import passing_by
from any_to_3d.backend.props.sounds.placing import add_at, in_turn
from any_to_3d.backend.props.sounds.resonators import ring
from any_to_3d.backend.props.sounds.room import impulse_response
from any_to_3d.backend.props.sounds.tones import harmonics
from any_to_3d.backend.props.spec import CLASSES
from log_mel import NearestCentroid, statistics

PROPS = Path(__file__).parents[2] / "backend" / "props"
HELD_OUT = "held_out"
TRAINING = PROPS / "training"
SCORERS = {TRAINING / "results" / name for name in ("scores.py", "retrieval.py", "prompted_samples.py")}
DRIVER = TRAINING / "everything.py"  # calls the scorers after all training

Clip = npt.NDArray[np.float64]
Synthesiser = Callable[[str, np.random.Generator], npt.NDArray[np.float32]]
both_methods = pytest.mark.parametrize("method", [synthesise, synthesise_held_out])


@pytest.mark.parametrize("prop_class", SOUNDING_CLASSES)
@both_methods
def test_a_clip_is_finite_audible_mono_sound_without_dc(method: Synthesiser, prop_class: str) -> None:
    for seed in range(3):
        clip = method(prop_class, np.random.default_rng(seed))
        assert clip.dtype == np.float32
        assert clip.ndim == 1
        assert SAMPLE_RATE <= len(clip) <= 4 * SAMPLE_RATE
        assert np.isfinite(clip).all()
        assert 0.05 < np.abs(clip).max() <= 1.0
        assert abs(clip.mean()) < 1e-3


@pytest.mark.parametrize("prop_class", SOUNDING_CLASSES)
@both_methods
def test_a_seed_fixes_a_clip_and_another_seed_makes_another(method: Synthesiser, prop_class: str) -> None:
    first, again, other = (method(prop_class, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert len(first) != len(other) or np.abs(first - other).max() > 0.01


@both_methods
def test_a_class_without_a_sound_is_refused_by_name(method: Synthesiser) -> None:
    with pytest.raises(ValueError, match=r"'chair' has no sound of its own; these have: bell, drum"):
        method("chair", np.random.default_rng(0))


def test_every_sounding_class_is_a_prop_of_the_world() -> None:
    assert set(SOUNDING_CLASSES) <= set(CLASSES)


def test_level_and_length_vary_widely() -> None:
    clips = [synthesise("car", np.random.default_rng(seed)) for seed in range(40)]
    peaks = [np.abs(clip).max() for clip in clips]
    lengths = [len(clip) for clip in clips]
    assert max(peaks) / min(peaks) > 4.0
    assert max(lengths) / min(lengths) > 2.5


@pytest.mark.parametrize("prop_class", SOUNDING_CLASSES)
def test_a_class_is_heard_in_at_least_four_ways_each_of_them_audible(prop_class: str) -> None:
    known = variants_of(prop_class)
    assert len(set(known)) == len(known) >= 4
    for variant in known:
        clip = synthesise(prop_class, np.random.default_rng(0), (variant,))
        assert np.isfinite(clip).all()
        assert np.abs(clip).max() > 0.05


def test_all_variants_come_up_the_first_most_often(monkeypatch: pytest.MonkeyPatch) -> None:
    def bell(frequency: int) -> Callable[[int, np.random.Generator], Clip]:
        def tone(count: int, rng: np.random.Generator) -> Clip:
            return np.sin(2.0 * np.pi * frequency * np.arange(count) / SAMPLE_RATE)

        tone.__name__ = f"tone_{frequency}"
        return tone

    monkeypatch.setitem(variants._SOURCES, "bell", tuple(map(bell, (500, 1000, 2000))))
    loudest = []
    for seed in range(66):
        sound = variants.dry_sound("bell", SAMPLE_RATE, np.random.default_rng(seed), variants_of("bell"))
        loudest.append(int(np.abs(np.fft.rfft(sound)).argmax()))
    often, sometimes, rarely = (loudest.count(frequency) for frequency in (500, 1000, 2000))
    assert often == pytest.approx(36, abs=8)
    assert sometimes == pytest.approx(18, abs=7)
    assert rarely == pytest.approx(12, abs=7)
    alone = variants.dry_sound("bell", SAMPLE_RATE, np.random.default_rng(0), ("tone_1000",))
    assert np.abs(np.fft.rfft(alone)).argmax() == 1000


@pytest.mark.parametrize("wrong", [("anvil",), ()])
def test_a_variant_of_another_class_or_none_at_all_is_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="bell is heard as church_bell, hand_bell"):
        synthesise("bell", np.random.default_rng(0), wrong)


def test_what_passes_is_loudest_and_at_its_own_pitch_when_nearest() -> None:
    past = passing_by(4 * SAMPLE_RATE, np.random.default_rng(0), (20.0, 20.0))
    nearest = int(past.loudness.argmax())
    assert past.loudness[nearest] == pytest.approx(1.0, abs=1e-3)
    assert past.pitch[nearest] == pytest.approx(1.0, abs=1e-3)
    assert (np.diff(past.pitch) <= 0.0).all()
    assert past.pitch.max() <= 1.0 / (1.0 - 20.0 / 340.0)


def test_stick_and_slip_jerks_come_at_the_rate_asked_for() -> None:
    train = jerks(np.full(4 * SAMPLE_RATE, 50.0), 0.1, np.random.default_rng(0))
    assert np.count_nonzero(train) == pytest.approx(200, abs=2)


def test_harmonics_lie_at_multiples_below_the_nyquist_limit() -> None:
    sound = harmonics(np.full(SAMPLE_RATE, 1500.0), [1.0, 0.5, 0.25, 0.2, 0.2, 0.2], np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(sound)) * 2.0 / SAMPLE_RATE
    np.testing.assert_allclose(spectrum[1500::1500], [1.0, 0.5, 0.25, 0.2, 0.2], atol=1e-3)
    assert np.count_nonzero(spectrum > 0.01) == 5


def test_an_event_is_added_where_it_belongs_and_cut_where_the_clip_ends() -> None:
    sound = np.zeros(SAMPLE_RATE)
    add_at(sound, 0.5, np.ones(SAMPLE_RATE))
    assert sound[: SAMPLE_RATE // 2].sum() == 0.0
    assert sound[SAMPLE_RATE // 2 :].sum() == SAMPLE_RATE // 2
    add_at(sound, 2.0, np.ones(10))
    assert sound.sum() == SAMPLE_RATE // 2
    np.testing.assert_array_equal(in_turn(5, np.ones(2), np.full(2, 3.0)), [1.0, 1.0, 3.0, 3.0, 0.0])


def test_a_struck_mode_rings_at_its_pitch_and_falls_by_60_db_in_its_decay_time() -> None:
    push = np.zeros(SAMPLE_RATE)
    push[0] = 1.0
    sound = ring(push, [1000.0], [0.5], [1.0])
    assert np.abs(np.fft.rfft(sound)).argmax() == 1000
    early, late = (np.abs(sound[start : start + 160]).max() for start in (160, 160 + SAMPLE_RATE // 2))
    assert late / early == pytest.approx(1e-3, rel=0.02)


def test_a_room_answers_for_its_reverberation_time() -> None:
    response = impulse_response(np.random.default_rng(0), 0.8, direct=1.0)[1:]
    energy = np.cumsum(response[::-1] ** 2)[::-1]
    fallen = 10.0 * np.log10(energy / energy[0])
    twenty_down = np.argmax(fallen < -25.0) - np.argmax(fallen < -5.0)
    assert 3.0 * twenty_down / SAMPLE_RATE == pytest.approx(0.8, rel=0.35)


def _heard(method: Synthesiser, seeds: range) -> npt.NDArray[np.float64]:
    """[classes, seeds, features]"""
    return np.array(
        [
            [statistics(method(name, np.random.default_rng([number, seed]))) for seed in seeds]
            for number, name in enumerate(SOUNDING_CLASSES)
        ]
    )


class Listener:
    """Knows each variant of each class by its mean, of three clips, and answers with the class of the nearest."""

    def __init__(self) -> None:
        known = [(number, variant) for number, name in enumerate(SOUNDING_CLASSES) for variant in variants_of(name)]
        heard = [
            statistics(synthesise(SOUNDING_CLASSES[number], np.random.default_rng([number, seed]), (variant,)))
            for number, variant in known
            for seed in range(3)
        ]
        self._nearest = NearestCentroid(np.array(heard), np.repeat(np.arange(len(known)), 3))
        self._classes = np.array([number for number, _ in known])

    def accuracy(self, features: npt.NDArray[np.float64]) -> float:
        guesses = self._classes[self._nearest(features.reshape(-1, features.shape[-1]))].reshape(features.shape[:2])
        return float((guesses == np.arange(len(features))[:, None]).mean())


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


def test_means_of_log_mel_statistics_tell_fresh_clips_apart_far_above_chance(listener: Listener) -> None:
    """Measured .63; chance is .06."""
    assert listener.accuracy(_heard(synthesise, range(1000, 1003))) > 0.5


def test_the_same_means_tell_held_out_methods_apart_far_above_chance(listener: Listener) -> None:
    """Measured .46; chance is .06."""
    assert listener.accuracy(_heard(synthesise_held_out, range(3))) > 0.3


def test_no_training_stage_reaches_the_held_out_methods_even_through_others() -> None:
    stages = [path for path in TRAINING.glob("*.py") if path != DRIVER]
    assert stages
    for stage in stages:
        assert not [path for path in _reached(stage) if HELD_OUT in path.parts], stage.name


def test_the_training_sounds_do_not_reach_the_held_out_ones() -> None:
    reached = _reached(PROPS / "sounds" / "__init__.py")
    assert PROPS / "sounds" / "room.py" in reached
    assert not [path for path in reached if HELD_OUT in path.parts]


def test_only_scores_import_the_held_out_methods_by_name() -> None:
    outside = [path for path in PROPS.rglob("*.py") if HELD_OUT not in path.parts]
    assert {path for path in outside if any(HELD_OUT in file.parts for file in _imported_files(path))} <= SCORERS


def test_the_held_out_methods_share_only_the_clips_format_with_training() -> None:
    files = sorted((PROPS / "sounds" / HELD_OUT).glob("*.py"))
    shared = {file.name for path in files for file in _imported_files(path) if HELD_OUT not in file.parts}
    assert shared == {"clip.py"}


def _reached(start: Path) -> set[Path]:
    reached: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _imported_files(path)
    return reached


@cache
def _imported_files(path: Path) -> list[Path]:
    """Our own files that one file imports relatively, anywhere in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            targets = [base, *(base / alias.name for alias in node.names)]
            found += [
                file for each in targets for file in (each.with_suffix(".py"), each / "__init__.py") if file.is_file()
            ]
    return found


def test_examples_are_playable_files_fixed_by_their_seed(tmp_path: Path) -> None:
    written = write_examples(tmp_path / "new", 1, seed=5)
    assert [path.name for path in written] == [f"{name}_0.wav" for name in SOUNDING_CLASSES]
    clip, rate = soundfile.read(written[0])
    assert rate == SAMPLE_RATE
    expected = synthesise(SOUNDING_CLASSES[0], np.random.default_rng([5, 0, 0]))
    np.testing.assert_allclose(clip, expected, atol=1e-4)
