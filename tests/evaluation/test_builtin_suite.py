from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend import evaluation
from any_to_3d.backend.evaluation.builtin_suite import FULL, QUICK, Extent, builtin_studies
from any_to_3d.backend.evaluation.case import Case
from any_to_3d.backend.evaluation.settings import Knowledge
from any_to_3d.backend.evaluation.studies.study import Study
from any_to_3d.backend.evaluation.studies.text import TextStudy
from any_to_3d.backend.evaluation.suites import Wishes, choose_suite

EVERYTHING = Knowledge(("text", "image", "audio"), lambda text: ())


def studies(extent: Extent, known: Knowledge = EVERYTHING) -> dict[str, Study]:
    return {study.name: study for study in builtin_studies(known, 120, extent)}


def cases(extent: Extent) -> dict[str, Case]:
    return {case.name: case for study in studies(extent).values() for case in study.cases}


def test_full_suite_has_the_cases_of_every_question() -> None:
    found = studies(FULL)
    counts = {name: len(study.cases) for name, study in found.items()}
    assert counts == {"text": 36, "image": 12, "audio": 9, "mixed": 10, "recipes": 48, "presets": 6}


def test_a_name_stands_for_one_case_only() -> None:
    for extent in (FULL, QUICK):
        every = [case for study in studies(extent).values() for case in study.cases]
        assert len({case.name for case in every}) == len(set(every))


def test_recipes_share_the_objects_of_the_text_study() -> None:
    found = studies(FULL)
    shared = set(found["recipes"].cases) & set(found["text"].cases)
    assert [case.recipe for case in shared] == ["xbind"] * 6
    assert sum(case.target.is_held_out for case in shared) == 3
    assert len(cases(FULL)) == 36 + 12 + 9 + 10 + 42 + 6


def test_quick_is_few_objects_in_draft_quality_and_recipes_at_fewer_steps() -> None:
    found = studies(QUICK)
    counts = {name: len(study.cases) for name, study in found.items()}
    assert counts == {"text": 6, "image": 2, "audio": 2, "mixed": 3, "recipes": 8, "presets": 2}
    assert {case.preset for name in ("text", "image", "audio", "mixed") for case in found[name].cases} == {"draft"}
    # Only xbind has presets; the others are compared with it at equal steps.
    assert {(case.preset, case.steps_scale) for case in found["recipes"].cases} == {("standard", 0.4)}


def test_only_the_presets_need_the_machine_alone() -> None:
    assert [study.name for study in studies(FULL).values() if study.is_timed] == ["presets"]


def test_words_that_the_models_do_not_know_are_left_out_by_name() -> None:
    known = replace(EVERYTHING, unknown_words=lambda text: tuple(w for w in text.split() if w in ("bottle", "white")))
    text = studies(FULL, known)["text"]
    assert isinstance(text, TextStudy)
    assert text.left_out == tuple(
        pair.text for pair in text_study_of_everything().pairs if {"bottle", "white"} & set(pair.text.split())
    )
    assert len(text.pairs) + len(text.left_out) == 36
    assert text.pool_left_out == 136 - len(text.pool) > 0
    assert set(text.pairs) <= set(text.pool)


def text_study_of_everything() -> TextStudy:
    text = studies(FULL)["text"]
    assert isinstance(text, TextStudy)
    return text


def test_models_without_hearing_make_nothing_from_sounds() -> None:
    assert studies(FULL, replace(EVERYTHING, modalities=("text", "image")))["audio"].cases == ()


def test_suite_is_chosen_with_some_or_all_studies() -> None:
    suite = choose_suite(Wishes("builtin", studies=("image", "mixed")), EVERYTHING, 120)
    assert suite.wanted == ("image", "mixed")
    assert len(suite.studies) == 6
    assert choose_suite(Wishes("builtin", quick=True), EVERYTHING, 120).plan == "quick"


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        (Wishes("builtin", studies=("smell",)), "no study smell; there is: text, image"),
        (Wishes("builtin", preset="high"), "leave them out"),
        (Wishes("smoke", quick=True), "suite smoke is one study"),
        (Wishes("smoke", seeds=0), "at least 1"),
    ],
)
def test_wishes_that_a_suite_cannot_fulfil_are_refused(wishes: Wishes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        choose_suite(wishes, EVERYTHING, 120)


def test_outside_the_props_only_evaluation_imports_the_held_out_sounds() -> None:
    """Among the props, tests/props allows only what scores."""
    backend = Path(evaluation.__file__).parent.parent
    files = (path for path in backend.rglob("*.py") if "props" not in path.relative_to(backend).parts)
    importers = {path.relative_to(backend).as_posix() for path in files if "sounds.held_out" in path.read_text("utf-8")}
    assert importers == {"evaluation/request.py"}
