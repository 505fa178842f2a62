"""The table of errors: every code has words, a button and a page; and each error that artists meet finds its entry."""

from typing import get_args

import pytest
from any_to_3d.blender_addon import manual_page
from any_to_3d.blender_addon.connection.backend_process import PortTaken, StartError
from any_to_3d.blender_addon.errors import ADVICE, Fix, LocalCode, trouble, trouble_of, trouble_of_error
from any_to_3d.blender_addon.request.prompt_files import read_prompt_file
from any_to_3d.blender_addon.request.submission import PromptFields, to_submit
from any_to_3d.blender_addon.session import apply
from any_to_3d.blender_addon.state import Dialled, Session, Silence
from any_to_3d.shared.messages import PresetInfo, Problem, ProblemCode, RecipeInfo, Rejected, Welcome

CODES = [*get_args(ProblemCode), *get_args(LocalCode)]
RECIPE = RecipeInfo("xbind", "XBind", ("coarse",), ("text",), (PresetInfo("standard", "Standard", "", 10),))
WELCOME = Welcome("1.2", "id", "0.1.0", "fake", "cpu", "none", (RECIPE,))


@pytest.mark.parametrize("code", CODES)
def test_d17_every_code_has_a_sentence_a_hint_and_a_button(code):
    advice = ADVICE[code]
    for text in (advice.sentence, advice.hint):
        assert text.endswith(".")
        assert text[0].isupper()
    assert advice.fix in get_args(Fix)


@pytest.mark.parametrize("code", CODES)
def test_d17_the_manual_explains_every_code_in_plain_text(code):
    text = manual_page.section(code)
    assert len(text) > 60
    assert not [mark for mark in ("**", "`", "](") if mark in text]


def test_d17_a_zip_without_the_manual_says_which_file_is_missing(tmp_path):
    with pytest.raises(ValueError, match=r"no\.md.*'lost'"):
        manual_page.section("lost", tmp_path / "no.md")


def test_d17_no_backend_offers_to_start_one_but_on_another_computer_to_test():
    def silent(address):
        session, _ = apply(Session(), Dialled(address))
        return apply(session, Silence(9.0))[0].trouble

    here, there = silent("tcp://127.0.0.1:7343"), silent("tcp://192.0.2.1:7343")
    assert (here.code, here.fix) == ("no_answer", "start_backend")
    assert (there.code, there.fix) == ("no_answer", "test_connection")


def test_d17_another_version_names_both_and_opens_the_preferences():
    session, _ = apply(Session("connecting"), Welcome("9.0", "id", "1.0", "fake", "cpu", "none", ()))
    assert session.trouble.code == "protocol"
    assert "9.0" in session.trouble.message
    assert "1." in session.trouble.message
    assert session.trouble.fix == "open_preferences"


def test_d17_a_version_that_the_backend_refuses_is_the_same_trouble():
    refusal = Rejected("", Problem("protocol", "This backend speaks protocol 9.0, the client speaks 1.2."))
    assert apply(Session("connecting"), refusal)[0].trouble.code == "protocol"


def test_d17_out_of_memory_names_the_setting_and_lowers_it():
    told = trouble_of(Problem("out_of_memory", "The device has no memory left."))
    assert "Preset" in told.hint
    assert told.fix == "use_fastest_preset"


def test_d17_the_backends_own_hint_comes_first():
    assert trouble_of(Problem("out_of_memory", "m", "Use a smaller texture.")).hint == "Use a smaller texture."


def test_d17_an_unreadable_file_is_named_and_can_be_left_out(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.png cannot be read") as caught:
        read_prompt_file("image", str(tmp_path / "gone.png"))
    told = trouble_of_error(caught.value, "bad_prompt")
    assert (told.code, told.fix) == ("unreadable_file", "clear_unusable")


def test_d17_an_unsupported_kind_of_prompt_is_named_and_can_be_left_out():
    with pytest.raises(ValueError, match="understands text prompts, but no audio") as caught:
        to_submit(PromptFields("", "", "", 0, sound="/a.wav"), WELCOME)
    told = trouble_of_error(caught.value, "bad_prompt")
    assert (told.code, told.fix) == ("unsupported_modality", "clear_unusable")


def test_d17_an_empty_prompt_is_the_prompts_fault():
    with pytest.raises(ValueError, match="empty") as caught:
        to_submit(PromptFields(" ", "", "", 0), WELCOME)
    assert trouble_of_error(caught.value, "bad_prompt").code == "bad_prompt"


def test_d17_a_backend_that_cannot_start_knows_its_code():
    assert trouble_of_error(StartError("x"), "bad_address").code == "start_failed"
    assert trouble_of_error(PortTaken("x"), "bad_address").code == "port_taken"


def test_a_trouble_without_words_gets_the_tables():
    assert trouble("no_backend").message == ADVICE["no_backend"].sentence
