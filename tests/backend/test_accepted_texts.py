"""What the check of requests accepts, the built-in encoder can embed: an accepted job must not fail for its words."""

import re
from collections.abc import Callable

import pytest
import torch
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.joint_folder import BUILTIN_FOLDER
from any_to_3d.backend.models.load import load_clip
from any_to_3d.backend.serving import build_check
from any_to_3d.backend.submit_check import Verdict
from any_to_3d.backend.vocabulary import read_vocabulary
from any_to_3d.shared.messages import ImagePrompt, Submit, TextPrompt, WeightedPrompt
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

CHECK = build_check("builtin")
Ask = Callable[[str], Verdict]
PICTURE = WeightedPrompt(ImagePrompt(b"a picture"), 1.0)
REMARKABLE = (
    "a",
    "the",
    "of",
    "light",
    "dark",
    "red",
    "chair",
    "pine",
    "books",
    "gizmo",
    "sofa",
    "ſofa",
    "x_y",
    "İ",
    "½",
)


@pytest.fixture(scope="module")
def encoder() -> ClipEncoder:
    return load_clip(BUILTIN_FOLDER / "clip", torch.device("cpu"))


def alone(text: str) -> Verdict:
    return CHECK(Submit("r", (WeightedPrompt(TextPrompt(text), 1.0),)))


def beside_a_picture(text: str) -> Verdict:
    return CHECK(Submit("r", (PICTURE, WeightedPrompt(TextPrompt(text), 1.0))))


def as_negative(text: str) -> Verdict:
    return CHECK(Submit("r", (WeightedPrompt(TextPrompt("a red chair"), 1.0),), negative=text))


def embedded(encoder: ClipEncoder, text: str) -> Tensor:
    return encoder.embed_text([text])[0]


def test_both_sides_read_with_the_same_words(encoder: ClipEncoder) -> None:
    assert encoder.reader == read_vocabulary().reader


@pytest.mark.parametrize("text", ["a gizmo", "the gizmo", "a", "of the", "a picture of a gizmo", "a tabel", "?!"])
def test_a_text_of_no_meaning_is_refused_everywhere_and_cannot_be_embedded(encoder: ClipEncoder, text: str) -> None:
    for ask in (alone, beside_a_picture, as_negative):
        assert ask(text).problem is not None
    with pytest.raises(ValueError, match="has no word that the model knows"):
        encoder.embed_text([text])


@pytest.mark.parametrize("ask", [beside_a_picture, as_negative])
def test_a_meaningless_text_is_refused_with_the_nearest_words(ask: Ask) -> None:
    problem = ask("the sofa").problem
    assert problem is not None
    assert "prompt 'the sofa' that describes an object" in problem.message
    assert problem.hint.startswith("Did you mean 'bench' or 'chair' or 'bed'? Leave it out")


@pytest.mark.parametrize("ask", [alone, beside_a_picture, as_negative])
def test_a_text_with_one_word_of_meaning_is_accepted_and_what_is_ignored_is_named(
    encoder: ClipEncoder, ask: Ask
) -> None:
    verdict = ask("a gizmo chair")
    assert verdict.problem is None
    assert re.fullmatch(
        r"The built-in models do not know 'gizmo' in the (negative )?prompt 'a gizmo chair' and will ignore it\.",
        verdict.notice,
    )
    torch.testing.assert_close(embedded(encoder, "a gizmo chair"), embedded(encoder, "a chair"))


def test_a_colour_alone_needs_a_picture(encoder: ClipEncoder) -> None:
    assert alone("red").problem is not None
    assert beside_a_picture("red") == as_negative("red") == Verdict()
    assert embedded(encoder, "red").isfinite().all()


def test_the_encoder_leaves_out_the_shade_that_the_notice_names(encoder: ClipEncoder) -> None:
    assert "will ignore 'light'" in alone("a light blue chair").notice
    torch.testing.assert_close(embedded(encoder, "a light blue chair"), embedded(encoder, "a blue chair"))


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.one_of(st.sampled_from(REMARKABLE), st.sampled_from(sorted(read_vocabulary().reader.known))), max_size=20
        ).map(" ".join),
    )
)
def test_whatever_is_accepted_can_be_embedded(encoder: ClipEncoder, text: str) -> None:
    accepted = [ask(text).problem is None for ask in (alone, beside_a_picture, as_negative)]
    if any(accepted) and text.strip():
        assert embedded(encoder, text).norm().item() == pytest.approx(1.0, abs=1e-4)
