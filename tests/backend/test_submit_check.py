"""What is refused before it becomes a job, and the words of the closed vocabulary."""

from dataclasses import replace

import pytest
from any_to_3d.backend.catalogue import PROFILES
from any_to_3d.backend.models.word_reader import WordReader
from any_to_3d.backend.submit_check import SubmitCheck
from any_to_3d.backend.vocabulary import Vocabulary
from any_to_3d.shared import messages as m
from any_to_3d.shared.request_check import MAX_CHARACTERS
from requests_and_jobs import request

VOCABULARY = Vocabulary(WordReader(frozenset({"car", "boat", "chair", "a", "red", "blue", "with"})))
CHECK = SubmitCheck(PROFILES["builtin"], VOCABULARY)


def refusal(submit: m.Submit, check: SubmitCheck = CHECK) -> tuple[str, str]:
    problem = check(submit).problem
    assert problem is not None
    assert problem.code == "bad_request"
    return problem.message, problem.hint


def prompts(*parts: m.Prompt, weight: float = 1.0) -> m.Submit:
    return m.Submit("r", tuple(m.WeightedPrompt(part, weight) for part in parts))


def test_a_good_request_passes_without_a_word() -> None:
    verdict = CHECK(request(text="a red car"))
    assert (verdict.problem, verdict.notice) == (None, "")


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        ({"request_id": ""}, "The request has no request_id.", "unique"),
        ({"recipe": "magic"}, "There is no recipe 'magic'.", "Choose one of: xbind, stable_sds"),
        ({"preset": "ultra"}, "Recipe 'xbind' has no preset 'ultra'.", "Choose one of: draft, standard, high."),
        ({"recipe": "zero_sds", "preset": "draft"}, "Recipe 'zero_sds' has no preset 'draft'.", "standard"),
        ({"seed": -1}, "The seed is -1.", "from 0 to"),
        ({"prompts": ()}, "The request has 0 prompts.", "1 to 8"),
        ({"overrides": {"steps_scale": 9.0}}, "Setting 'steps_scale' is 9.", "Choose from 0.005 to 4."),
        ({"overrides": {"stall_at": 1.0}}, "There is no setting 'stall_at' in profile 'builtin'.", "steps_scale"),
        ({"negative": "x" * 1001}, "The negative prompt has 1001 characters.", "Shorten it to 1000."),
    ],
)
def test_a_wrong_choice_is_named_with_what_there_is(changes: dict[str, object], message: str, hint: str) -> None:
    got_message, got_hint = refusal(replace(request(), **changes))
    assert got_message == message
    assert hint in got_hint


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_prompt_is_refused(text: str) -> None:
    assert refusal(request(text=text))[0] == "The prompt is empty."


def test_a_prompt_that_is_too_long_is_refused_with_its_length() -> None:
    text = "car " * 251
    assert refusal(request(text=text)) == (
        f"The prompt has {len(text)} characters.",
        f"Shorten it to {MAX_CHARACTERS}.",
    )


@pytest.mark.parametrize("weight", [0.0, -1.0, 1001.0])
def test_a_weight_out_of_range_is_refused(weight: float) -> None:
    assert f"{weight:g}" in refusal(prompts(m.TextPrompt("a car"), weight=weight))[0]


def test_a_kind_of_prompt_that_the_profile_lacks_is_refused() -> None:
    check = SubmitCheck(PROFILES["full"])
    message, hint = refusal(prompts(m.AudioPrompt(b"RIFF")), check)
    assert message == "Profile 'full' does not understand audio prompts."
    assert hint == "Use text or image."


def test_an_empty_or_huge_file_is_refused() -> None:
    assert refusal(prompts(m.ImagePrompt(b"")))[0] == "The image prompt is an empty file."
    assert refusal(prompts(m.ImagePrompt(b"x" * (m.MAX_FILE_BYTES + 1))))[1] == "Choose one up to 32 MiB."


def test_words_outside_the_vocabulary_are_announced_by_name() -> None:
    verdict = CHECK(request(text="A shiny, redd boat"))
    assert verdict.problem is None
    assert verdict.notice == (
        "The built-in models do not know 'shiny' and 'redd' (nearest: 'red') in the prompt 'A shiny, redd boat'"
        " and will ignore them."
    )


def test_unknown_words_of_the_negative_prompt_are_announced_too() -> None:
    verdict = CHECK(replace(request(text="a red boat"), negative="fuzzy, red"))
    assert verdict.problem is None
    assert "do not know 'fuzzy' in the negative prompt 'fuzzy, red' and will ignore it." in verdict.notice


def test_a_prompt_that_names_no_known_object_is_refused_with_the_nearest_ones() -> None:
    message, hint = refusal(request(text="a red chiar"))
    assert message == "The built-in models do not know 'chiar', and 'a red chiar' names no object they know."
    assert hint.startswith("Did you mean 'chair'? Known objects: boat, car, chair.")


def test_a_prompt_of_known_words_without_an_object_is_refused() -> None:
    assert refusal(request(text="red with blue"))[0] == "'red with blue' names no object."


def test_a_text_without_an_object_is_fine_beside_one_that_names_it_or_a_file() -> None:
    for other in (m.TextPrompt("a car"), m.ImagePrompt(b"a picture")):
        verdict = CHECK(prompts(m.TextPrompt("red"), other))
        assert (verdict.problem, verdict.notice) == (None, "")


def test_a_text_without_meaning_is_refused_even_beside_a_picture_with_the_nearest_words() -> None:
    message, hint = refusal(prompts(m.ImagePrompt(b"a picture"), m.TextPrompt("a bleu")))
    assert message == "The built-in models know no word of the text prompt 'a bleu' that describes an object."
    assert hint == "Did you mean 'blue'? Leave it out, or use words that they know, such as a colour."
    assert "text prompt 'blorb'" in refusal(prompts(m.TextPrompt("a car"), m.TextPrompt("blorb")))[0]


def test_a_negative_prompt_without_meaning_is_refused() -> None:
    message, _ = refusal(replace(request(text="a red boat"), negative="a gizmo"))
    assert message == "The built-in models know no word of the negative prompt 'a gizmo' that describes an object."


def test_a_negative_prompt_of_spaces_is_none() -> None:
    assert CHECK(replace(request(text="a red boat"), negative="  ")).problem is None


def test_an_open_vocabulary_refuses_no_word() -> None:
    assert SubmitCheck(PROFILES["full"])(request(text="a blorb")).problem is None


def test_a_text_that_the_encoder_cuts_off_is_announced() -> None:
    reader = replace(VOCABULARY.reader, longest=3)
    check = SubmitCheck(PROFILES["builtin"], Vocabulary(reader))
    assert check(request(text="a red car")).notice == ""
    cut = "The built-in models read only the first 3 words that they know."
    assert check(request(text="a red car with red")).notice == cut
    assert refusal(request(text="a red a car"), check)[0] == "'a red a car' names no object."
