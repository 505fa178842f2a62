"""From the panel's fields to a request, and what is refused before anything is sent."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.blender_addon.request.course import Course
from any_to_3d.blender_addon.request.prompt_files import read_prompt_file
from any_to_3d.blender_addon.request.submission import LARGEST_SEED, PromptFields, fastest_preset, to_submit
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.messages import (
    MAX_FILE_BYTES,
    AudioPrompt,
    ImagePrompt,
    PresetInfo,
    RecipeInfo,
    SeenFrom,
    TextPrompt,
    WeightedPrompt,
    Welcome,
)
from any_to_3d.shared.starting_points import Continue

PRESETS = (PresetInfo("high", "High", "", 900), PresetInfo("draft", "Draft", "", 30))
RECIPE = RecipeInfo("xbind", "XBind", ("coarse",), ("text", "image", "audio"), PRESETS)
BACKEND = Welcome(PROTOCOL_VERSION, "id", "0.1.0", "builtin", "cpu", "numba", (RECIPE,))
WORDS = PromptFields("red", "", "draft", 3)


@pytest.fixture
def picture(tmp_path):
    (tmp_path / "barrel.PNG").write_bytes(b"a picture")
    return str(tmp_path / "barrel.PNG")


@pytest.fixture
def sound(tmp_path):
    (tmp_path / "bell.wav").write_bytes(b"a sound")
    return str(tmp_path / "bell.wav")


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


def test_words_a_picture_and_a_sound_are_sent_as_bytes_with_their_weights(picture, sound):
    fields = replace(
        WORDS, text_weight=0.5, image=picture, image_weight=0.25, sound=sound, sound_weight=2.0, negative=" a\n blue "
    )
    submit = to_submit(fields, BACKEND)
    assert submit.prompts == (
        WeightedPrompt(TextPrompt("red"), 0.5),
        WeightedPrompt(ImagePrompt(b"a picture"), 0.25),
        WeightedPrompt(AudioPrompt(b"a sound"), 2.0),
    )
    assert submit.negative == "a blue"
    assert fields.title == "red, barrel.PNG, bell.wav"


def test_a_picture_alone_is_enough(picture):
    fields = replace(WORDS, text="  ", image=picture)
    assert to_submit(fields, BACKEND).prompts == (WeightedPrompt(ImagePrompt(b"a picture")),)
    assert fields.title == "barrel.PNG"


def test_a_part_of_weight_zero_is_left_out_and_its_file_not_even_read():
    fields = replace(WORDS, image="/no/such.png", image_weight=0.0)
    assert to_submit(fields, BACKEND).prompts == (WeightedPrompt(TextPrompt("red")),)
    assert fields.title == "red"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text_weight": 0.0}, "Every weight is 0, so nothing is left to make."),
        ({"text_weight": -1.0}, "A weight of -1 is out of range; 0 to 1000 is allowed."),
        ({"text_weight": 2000.0}, "A weight of 2000 is out of range"),
        ({"image": "/no/such.png"}, "The image /no/such.png cannot be read: No such file or directory."),
        ({"image": "/no/such.psd"}, "The image such.psd cannot be used; choose a file that ends with .png, .jpg"),
        ({"sound": "/no/such"}, "The sound such cannot be used; choose a file that ends with .wav, .flac"),
    ],
)
def test_a_file_or_weight_that_cannot_be_used_is_named_with_what_can(changes, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        to_submit(replace(WORDS, **changes), BACKEND)


def test_a_kind_of_prompt_that_the_backend_does_not_take_is_refused_and_not_dropped(sound):
    deaf = replace(BACKEND, recipes=(replace(RECIPE, modalities=("text", "image")),))
    with pytest.raises(ValueError, match=r"understands text and image prompts, but no audio\. Clear that field\."):
        to_submit(replace(WORDS, sound=sound), deaf)


def test_an_empty_a_large_and_a_missing_file_are_told_apart(tmp_path: Path):
    empty, large = tmp_path / "empty.wav", tmp_path / "large.jpg"
    empty.write_bytes(b"")
    with large.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 2**20)
    with pytest.raises(ValueError, match=r"The sound empty\.wav is an empty file; choose another one\."):
        read_prompt_file("sound", str(empty))
    with pytest.raises(ValueError, match=r"The image large\.jpg has 33 MiB; choose one up to 32 MiB\."):
        read_prompt_file("image", str(large))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ValueError, match="cannot be read"):
        read_prompt_file("image", str(tmp_path / "folder.png"))


ABLE = replace(
    BACKEND,
    recipes=(replace(RECIPE, phases=("coarse", "geometry", "texture")),),
    operations=("until", "seen_from", "continue"),
)


def test_n7_a_shape_to_be_approved_ends_before_the_texture():
    assert to_submit(WORDS, ABLE, course=Course(stops_after_shape=True)).until == "geometry"
    assert to_submit(WORDS, ABLE).until == ""
    with pytest.raises(ValueError, match="no phase of its own for the shape"):
        to_submit(WORDS, BACKEND, course=Course(stops_after_shape=True))


def test_n11_an_angle_is_sent_only_with_a_picture(picture):
    course = Course(seen_from=SeenFrom(10, 20))
    assert to_submit(replace(WORDS, image=picture), ABLE, course=course).seen_from == SeenFrom(10, 20)
    assert to_submit(WORDS, ABLE, course=course).seen_from is None


def test_n5_a_job_that_goes_on_may_keep_the_words_of_the_other():
    without = PromptFields("", "", "draft", 3)
    submit = to_submit(without, ABLE, course=Course(Continue("job", "geometry")))
    assert (submit.prompts, submit.source) == ((), Continue("job", "geometry"))
    with pytest.raises(ValueError, match="prompt is empty"):
        to_submit(without, ABLE)


def test_n18_what_the_backend_cannot_do_is_refused_before_anything_is_sent():
    unable = replace(ABLE, operations=())
    with pytest.raises(ValueError, match="cannot stop after the shape"):
        to_submit(WORDS, unable, course=Course(stops_after_shape=True))
    with pytest.raises(ValueError, match="cannot go on from what it has stored of a job"):
        to_submit(WORDS, unable, course=Course(Continue("job")))
