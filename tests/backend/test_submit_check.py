"""What is refused before it becomes a job, and the words of the closed vocabulary."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend.catalogue import PROFILES
from any_to_3d.backend.submit_check import MAX_CHARACTERS, MAX_FILE_BYTES, SubmitCheck
from any_to_3d.backend.vocabulary import TOKENIZER_FILE, Vocabulary, read_vocabulary
from any_to_3d.shared import messages as m
from requests_and_jobs import request

PROPS = frozenset({"car", "boat", "chair"})
VOCABULARY = Vocabulary(PROPS | {"a", "red", "blue", "with"}, PROPS)
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
    assert refusal(prompts(m.ImagePrompt(b"x" * (MAX_FILE_BYTES + 1))))[1] == "Choose one up to 32 MiB."


def test_words_outside_the_vocabulary_are_announced_by_name() -> None:
    verdict = CHECK(request(text="A shiny, red boot with a boat"))
    assert verdict.problem is None
    assert verdict.notice == (
        "The built-in models do not know 'shiny', 'boot' and will ignore them. Nearest known: 'boat'."
    )


def test_unknown_words_of_the_negative_prompt_are_announced_too() -> None:
    verdict = CHECK(replace(request(text="a red boat"), negative="fuzzy, red"))
    assert verdict.problem is None
    assert "do not know 'fuzzy' and will ignore it" in verdict.notice


def test_a_prompt_that_names_no_known_object_is_refused_with_the_nearest_ones() -> None:
    message, hint = refusal(request(text="a red chiar"))
    assert message == "The built-in models do not know 'chiar', and 'a red chiar' names no object they know."
    assert hint.startswith("Did you mean 'chair' or 'car'? Known objects: boat, car, chair.")


def test_a_prompt_of_known_words_without_an_object_is_refused() -> None:
    assert refusal(request(text="red with blue"))[0] == "'red with blue' names no object."


def test_a_text_without_an_object_is_fine_beside_one_that_names_it_or_a_file() -> None:
    for other in (m.TextPrompt("a car"), m.ImagePrompt(b"a picture")):
        verdict = CHECK(prompts(m.TextPrompt("red"), other))
        assert (verdict.problem, verdict.notice) == (None, "")


def test_a_text_without_a_known_word_is_refused_even_beside_a_picture_with_the_nearest_words() -> None:
    message, hint = refusal(prompts(m.ImagePrompt(b"a picture"), m.TextPrompt("blou")))
    assert message == "The built-in models know no word of the text prompt 'blou'."
    assert hint == "Did you mean 'blue'? Leave it out, or use words that they know, such as a colour."
    assert "text prompt 'blorb'" in refusal(prompts(m.TextPrompt("a car"), m.TextPrompt("blorb")))[0]


def test_a_negative_prompt_without_a_known_word_is_refused() -> None:
    message, _ = refusal(replace(request(text="a red boat"), negative="fuzzy"))
    assert message == "The built-in models know no word of the negative prompt 'fuzzy'."


def test_a_negative_prompt_of_spaces_is_none() -> None:
    assert CHECK(replace(request(text="a red boat"), negative="  ")).problem is None


def test_an_open_vocabulary_refuses_no_word() -> None:
    assert SubmitCheck(PROFILES["full"])(request(text="a blorb")).problem is None


def test_the_vocabulary_is_read_from_the_tokenizers_own_file(tmp_path: Path) -> None:
    path = tmp_path / TOKENIZER_FILE
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"model": {"vocab": {"<pad>": 0, "<unk>": 1, "chair": 2, "red": 3}}}))
    path.with_name("tokenizer_config.json").write_text(json.dumps({"model_max_length": 16}))
    assert read_vocabulary(tmp_path) == Vocabulary(frozenset({"chair", "red"}), frozenset({"chair"}), 14)


def test_a_damaged_tokenizer_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / TOKENIZER_FILE
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer\.json is damaged"):
        read_vocabulary(tmp_path)


def test_without_installed_models_the_words_of_the_captions_count(tmp_path: Path) -> None:
    vocabulary = read_vocabulary(tmp_path)
    assert {"chair", "red", "striped"} <= vocabulary.words
    assert "chair" in vocabulary.props
    assert "red" not in vocabulary.props


def test_a_text_that_the_encoder_cuts_off_is_announced() -> None:
    check = SubmitCheck(PROFILES["builtin"], replace(VOCABULARY, longest=3))
    assert check(request(text="a red car")).notice == ""
    assert check(request(text="a red car with red")).notice == "The built-in models read only the first 3 words."
    assert refusal(request(text="a red a car"), check)[0] == "'a red a car' names no object."
