"""What the studies make of their records: arithmetic by hand, failures, what cannot be measured."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from any_to_3d.backend.evaluation.archive import Archive, Failure, Outcome, Record
from any_to_3d.backend.evaluation.capture import Costs, PhaseCost
from any_to_3d.backend.evaluation.case import Case, SoundPart, Target, TextPart
from any_to_3d.backend.evaluation.document import Table
from any_to_3d.backend.evaluation.judges import IN_LOOP, INDEPENDENT, Judge
from any_to_3d.backend.evaluation.measures.likeness import Judged, likeness
from any_to_3d.backend.evaluation.measures.mesh_quality import ShapeMatch, Soundness
from any_to_3d.backend.evaluation.measures.prop_match import best_turn, match
from any_to_3d.backend.evaluation.measures.r_precision import Retrieval
from any_to_3d.backend.evaluation.measures.texture_quality import TextureMatch
from any_to_3d.backend.evaluation.pairs import Pair
from any_to_3d.backend.evaluation.scores import PhaseScores, Verdict
from any_to_3d.backend.evaluation.studies.paper_claims import CLAIMS, Claim
from any_to_3d.backend.evaluation.studies.preset import NoScores, PresetStudy
from any_to_3d.backend.evaluation.studies.recipe import SAME_AS, claims_table, possible_reasons, verdict_on
from any_to_3d.backend.evaluation.studies.sound import HeardClass, SoundStudy, arcc
from any_to_3d.backend.evaluation.studies.text import TextScores, TextStudy, values_of
from any_to_3d.backend.generator.recipes import RECIPES
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.spec import canonical
from prop_meshes import prop_mesh

PAIRS = (Pair("mug", "green"), Pair("car", "blue"), Pair("tree", "green"))
COSTS = Costs(1.0, 2.0, (PhaseCost("coarse", 5, 10.0, 9.0, 800.0), PhaseCost("texture", 5, 7.0, 6.0, 900.0)), 4.0)


def text_scores(precision: float, chamfer: float = 1.0) -> TextScores:
    verdicts = tuple(
        Verdict(judge, elevation, Retrieval(precision, precision, 0.5))
        for judge in (IN_LOOP, INDEPENDENT)
        for elevation in (0.0, 15.0)
    )
    shape, texture = ShapeMatch(chamfer, 0.9, 20.0, 1.2), TextureMatch(18.0, 22.0)
    finished = PhaseScores(verdicts, Soundness(4, 4, 1, True, True, 0), shape, texture)
    return TextScores(finished, tuple(Judged(judge, 0.8) for judge in (IN_LOOP, INDEPENDENT)))


def case(pair: Pair, recipe: str = "xbind", preset: str = "standard") -> Case:
    name = f"{recipe}-{preset}-{pair.colour}-{pair.prop_class}"
    return Case(name, "presets", (TextPart(pair.text),), Target.of_pair(pair), recipe, preset)


def record(pair: Pair, recipe: str, precision: float, chamfer: float = 1.0) -> Record[TextScores]:
    return Record(case(pair, recipe), COSTS, text_scores(precision, chamfer))


def test_costs_are_what_a_person_waits_for() -> None:
    assert COSTS.seconds == 20.0
    assert COSTS.peak_mib == 900.0


# --- text -------------------------------------------------------------------------------------------------------------


def test_failed_prompt_counts_zero_in_its_own_group() -> None:
    seen, held_out = Pair("car", "blue"), Pair("mug", "yellow")
    assert (seen.is_held_out, held_out.is_held_out) == (False, True)
    records, failures = [record(seen, "xbind", 0.75)], [Failure(case(held_out), "no surface")]
    assert values_of(records, failures, False, lambda verdicts: verdicts[0].retrieval.precision) == [0.75]
    assert values_of(records, failures, True, lambda verdicts: verdicts[0].retrieval.precision) == [0.0]
    assert values_of(records, failures, None, lambda verdicts: verdicts[0].retrieval.precision) == [0.75, 0.0]


def test_text_section_names_what_it_left_out_and_what_is_still_to_be_made(tmp_path: Path) -> None:
    study = TextStudy(PAIRS, PAIRS, views=2, left_out=("a pink owl",), pool_left_out=7)
    section = study.section(Archive(tmp_path))
    text = "\n".join(part for part in section.parts if isinstance(part, str))
    assert "a pink owl; and 7 prompts of the pool" in text
    assert "3 of 3 objects are still to be made" in text
    assert [goal.reached for goal in section.goals] == [None, None]
    assert "of 0 of 3 seen prompts" in section.goals[0].what


# --- likeness and true props ------------------------------------------------------------------------------------------


def test_likeness_is_the_cosine_of_mean_views_in_any_order() -> None:
    views = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert likeness(views, views.flip(0)) == pytest.approx(1.0)
    assert likeness(views, torch.tensor([[1.0, 0.0]])) == pytest.approx(math.cos(math.pi / 4))


def test_a_quarter_turn_is_found_and_costs_nothing_once_undone() -> None:
    mesh, prop = prop_mesh("axe", "red"), build(canonical("axe", "red"))
    x, y, z = mesh.vertices.T
    aside = replace(mesh, vertices=np.stack([-y, x, z], axis=1).astype(np.float32))  # by 90 degrees
    turn = best_turn(aside, prop)
    assert turn == 270.0
    as_made, turned = (match(aside, prop, degrees, views=4) for degrees in (0.0, turn))
    assert turned.chamfer_percent < 0.1 < as_made.chamfer_percent
    assert turned.picture_psnr > as_made.picture_psnr + 5


# --- sounds -----------------------------------------------------------------------------------------------------------

BELL, DRUM, CHAIR = torch.eye(3)


class Listener:
    """Hears what it is told to hear, in turn; knows three words."""

    modalities = ("text", "image", "audio")

    def __init__(self, *heard: torch.Tensor) -> None:
        self._heard = iter(heard)

    def embed_text(self, texts: list[str]) -> torch.Tensor:
        return torch.stack([{"a bell": BELL, "a drum": DRUM, "a chair": CHAIR}[text] for text in texts])

    def release(self) -> None:
        pass

    def embed_audio(self, waveform: torch.Tensor, sample_rate: int) -> torch.Tensor:
        assert sample_rate == 16_000
        return next(self._heard)[None]


def listening(*heard: torch.Tensor) -> Judge:
    return Judge(IN_LOOP, Listener(), Listener(*heard), torch.device("cpu"))


def sound_study(obstacle: str = "") -> SoundStudy:
    return SoundStudy((), ("bell", "drum"), ("bell", "drum", "chair"), 2, PAIRS, views=2, obstacle=obstacle)


def test_a_sound_may_be_its_class_among_sounding_ones_and_not_among_all() -> None:
    nearer_to_chair, nearer_to_bell = 0.6 * BELL + 0.8 * CHAIR, 0.9 * BELL + 0.4 * DRUM
    heard = sound_study().survey([listening(BELL, nearer_to_chair, DRUM, nearer_to_bell)])
    assert heard.classes == (HeardClass("bell", 2, 2, 1), HeardClass("drum", 2, 1, 1))


def test_section_on_sounds_gives_the_share_of_those_named_right(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write_survey("audio", sound_study().survey([listening(BELL, CHAIR + 0.1 * BELL, DRUM, BELL)]))
    section = sound_study().section(archive)
    assert section.goals[0].reached.mean == pytest.approx(3 / 4)
    (table,) = (part for part in section.parts if isinstance(part, Table))
    assert table.rows[1:] == (("bell", 1.0, 0.5), ("drum", 0.5, 0.5))


def test_arcc_is_the_mean_cosine_of_sound_and_views() -> None:
    views = torch.stack([BELL, DRUM, 0.5 * BELL])
    assert arcc(listening(BELL), SoundPart("bell", 0), views) == pytest.approx((1 + 0 + 0.5) / 3)


def test_models_without_hearing_are_named_and_not_measured(tmp_path: Path) -> None:
    section = sound_study("These models take text and image, no sound.").section(Archive(tmp_path))
    assert section.parts == ("**Not measured.** These models take text and image, no sound.",)
    assert section.goals[0].is_met is None


# --- recipes ----------------------------------------------------------------------------------------------------------


def objects(recipe: str, *precisions: float, chamfer: float = 1.0) -> list[Record[TextScores]]:
    return [record(pair, recipe, value, chamfer) for pair, value in zip(PAIRS, precisions, strict=False)]


def test_claims_are_tested_prompt_by_prompt() -> None:
    retrieves = Claim("Table I", "better", "no_ms", "R@1", "higher")
    better = [*objects("xbind", 0.9, 0.8, 1.0), *objects("no_ms", 0.5, 0.4, 0.7)]
    found = verdict_on(better, (), retrieves)
    assert found.agreement == "agrees"
    assert found.difference.mean == pytest.approx((0.4 + 0.4 + 0.3) / 3)
    assert verdict_on(better, (), replace(retrieves, xbind_is="lower")).agreement == "disagrees"


def test_failed_object_of_a_variant_counts_zero_in_retrieval_and_not_in_shape() -> None:
    records = [*objects("xbind", 0.9, 0.9, 0.9), *objects("no_ms", 0.9, 0.9, chamfer=3.0)]
    failures = [Failure(case(PAIRS[2], "no_ms"), "no surface")]
    retrieval = verdict_on(records, failures, Claim("", "", "no_ms", "R@1", "higher"))
    assert retrieval.difference.mean == pytest.approx(0.9 / 3)
    shape = verdict_on(records, failures, Claim("", "", "no_ms", "Chamfer %", "lower"))
    assert shape.difference.mean == pytest.approx(-2.0)
    assert shape.agreement == "too few prompts"


def test_claims_table_has_every_claim_and_says_what_was_not_measured() -> None:
    table = claims_table(objects("xbind", 1, 1, 1) + objects("stable_sds", 1, 1, 1), ())
    assert len(table.rows) == len(CLAIMS)
    assert {row[-1] for row in table.rows} == {"not told apart", "not measured"}


@pytest.mark.parametrize("profile", ["builtin", "full"])
def test_recipes_that_share_their_objects_have_the_same_losses(profile: str) -> None:
    for name, other in SAME_AS.items():
        assert RECIPES[profile][name].phases == RECIPES[profile][other].phases


def test_a_recipe_under_two_names_has_one_set_of_objects() -> None:
    records = [*objects("xbind", 0.9, 0.9, 0.9), *objects("no_planar", 0.2, 0.3, 0.4)]
    rows = {row[2]: row[-1] for row in claims_table(records, ()).rows if row[0] == "Table I"}
    assert rows["zero_sds"] == "not told apart"  # likeness, the later of its two claims
    assert verdict_on(records, (), Claim("", "", "zero_sds", "R@1", "higher")).agreement == "agrees"


def test_reasons_count_measured_and_distinct_recipes_only() -> None:
    """Three sets of objects: zero_sds is the same one as no_planar, and the other six were not made."""
    records = [*objects("xbind", 1, 1, 1), *objects("no_planar", 1, 1, 0.97), *objects("no_ms", 0.2, 0.3, 0.4)]
    (ceiling, *_) = possible_reasons(records, ())
    assert ceiling.startswith("2 of the 3 measured sets of objects have an R@1 of at least 0.95")


def test_no_reason_is_given_that_the_results_do_not_bear_out() -> None:
    assert possible_reasons(objects("xbind", 1, 1, 1), ()) == []
    apart = [*objects("xbind", 0.9, 0.8, 0.9), *objects("zerostable_cds", 0.2, 0.1, 0.3)]
    (undecided,) = possible_reasons(apart, ())
    assert undecided.startswith("1 of the 2 measured claims")  # likeness, which is alike throughout
    everything = " ".join(possible_reasons([*apart, *objects("no_planar", 0.1, 0.2, 0.3)], ()))
    assert "3D-aware prior" not in everything


def test_the_3d_prior_alone_is_named_where_it_retrieves_no_worse() -> None:
    records = [*objects("xbind", 0.5, 0.6, 0.5), *objects("no_planar", 0.6, 0.7, 0.6)]
    assert "the 3D-aware prior without the 2D prior retrieves no worse" in " ".join(possible_reasons(records, ()))


def test_bumps_that_do_not_show_are_named_only_where_they_were_measured() -> None:
    both = [*objects("xbind", 0.5, 0.6, 0.5), *objects("augsds_phase2", 0.5, 0.6, 0.5)]
    assert "bumps" in " ".join(possible_reasons(both, ()))
    assert "bumps" not in " ".join(possible_reasons(both[:3] + both[3:5], ()))


# --- presets ----------------------------------------------------------------------------------------------------------


def test_presets_report_waiting_first_mesh_and_peak_beside_the_aims(tmp_path: Path) -> None:
    archive, study = Archive(tmp_path), PresetStudy(PAIRS[:1], ("draft",))
    archive.write(Outcome(study.cases[0], COSTS), NoScores())
    section = study.section(archive)
    (table,) = (part for part in section.parts if isinstance(part, Table))
    assert table.headings == (
        "preset",
        "first mesh",
        "preparing",
        "coarse",
        "texture",
        "finishing",
        "total",
        "peak MiB",
    )
    assert [cell if isinstance(cell, str | int) else cell.mean for cell in table.rows[0]] == [
        *("draft", 4.0, 1.0, 10.0, 7.0, 2.0, 20.0, 900)
    ]
    assert [goal.is_met for goal in section.goals] == [True]


def test_a_preset_with_a_failed_object_says_of_how_many_its_time_is(tmp_path: Path) -> None:
    archive, study = Archive(tmp_path), PresetStudy(PAIRS[:2], ("draft",))
    first, second = study.cases
    archive.write(Outcome(first, COSTS), NoScores())
    archive.write(Outcome(second, None, "no surface"))
    (goal,) = study.section(archive).goals
    assert goal.what.endswith("(1 of 2 objects)")
