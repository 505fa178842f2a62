"""From the panel's fields to a request, and what is refused before anything is sent."""

import pytest
from any_to_3d.blender_addon.submission import LARGEST_SEED, PromptFields, fastest_preset, to_submit
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.messages import PresetInfo, RecipeInfo, TextPrompt, Welcome

PRESETS = (PresetInfo("high", "High", "", 900), PresetInfo("draft", "Draft", "", 30))
RECIPE = RecipeInfo("xbind", "XBind", ("coarse",), ("text",), PRESETS)
BACKEND = Welcome(PROTOCOL_VERSION, "id", "0.1.0", "builtin", "cpu", "numba", (RECIPE,))


def test_the_fields_become_one_text_prompt():
    submit = to_submit(PromptFields("  a red\n chair ", "", "draft", 3), BACKEND)
    assert submit.prompts[0].prompt == TextPrompt("a red chair")
    assert (submit.recipe, submit.preset, submit.seed) == ("xbind", "draft", 3)


def test_every_press_is_a_new_request():
    fields = PromptFields("a red chair", "", "draft", 3)
    assert to_submit(fields, BACKEND).request_id != to_submit(fields, BACKEND).request_id


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (PromptFields("   ", "", "draft", 0), "prompt is empty"),
        (PromptFields("x", "magic", "draft", 0), "no recipe 'magic'; it offers xbind"),
        (PromptFields("x", "", "ultra", 0), "no preset 'ultra'; it offers high, draft"),
        (PromptFields("x", "", "draft", -1), "out of range"),
        (PromptFields("x", "", "draft", LARGEST_SEED + 1), "out of range"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(fields, said):
    with pytest.raises(ValueError, match=said):
        to_submit(fields, BACKEND)


def test_an_empty_preset_is_the_recipes_first_where_there_is_no_standard_one():
    assert to_submit(PromptFields("x", "", "", 0), BACKEND).preset == "high"


def test_the_fastest_preset_has_the_fewest_steps():
    assert fastest_preset(BACKEND.recipes[0]) == "draft"
