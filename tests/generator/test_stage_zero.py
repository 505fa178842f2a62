"""Prompts, matting and the reference view."""

from dataclasses import replace

import pytest
import torch
from any_to_3d.backend.generator.condition import Preparing, StageZero, prepare_condition
from any_to_3d.backend.generator.matting import foreground_mask, on_white, recentred, report
from any_to_3d.backend.generator.prompt import Audio, Image, Prompt, Text, WeightedPrompt, embed
from any_to_3d.backend.generator.recipe import ReferenceSampling
from any_to_3d.backend.generator.runtime import Runtime
from toy_world import IMAGE_SIZE, MeanColourEncoder, camera_at, paint_ball, runtime

CPU = torch.device("cpu")
QUICK = ReferenceSampling(candidates=2, steps=4, guidance_scale=1.0, fill=None)
BALL = Prompt.from_text("a red ball")


def prepared(prompt: Prompt, sampling: ReferenceSampling, world: Runtime) -> tuple[list[Preparing], StageZero]:
    """Everything stage 0 yields, and what it returns."""
    work, yielded = prepare_condition(prompt, sampling, world), []
    while True:
        try:
            yielded.append(next(work))
        except StopIteration as done:
            return yielded, done.value


def framed_square(background: float = 1.0, colour: float = 0.2) -> torch.Tensor:
    image = torch.full((3, 32, 32), background)
    image[:, 8:24, 8:24] = colour
    return image


def test_matting_finds_a_square_on_any_plain_background() -> None:
    for background in (1.0, 0.0, 0.6):
        mask = foreground_mask(framed_square(background))
        assert mask.sum() == 16 * 16
        assert mask[8:24, 8:24].all()


def test_matting_tells_white_from_a_whiter_ground_within_its_tolerance() -> None:
    pale = framed_square(1.0, 0.94)  # 0.104 from the ground
    assert foreground_mask(pale, 0.08).sum() == 16 * 16
    assert foreground_mask(pale, 0.12).sum() == 0


def test_matting_opens_a_handle_but_keeps_white_paint() -> None:
    image = framed_square()
    image[:, 10:16, 10:16] = 1.0  # a hole of 3.5 %
    image[:, 20, 20] = 1.0  # a speck of paint
    mask = foreground_mask(image)
    assert not mask[12, 12]
    assert mask[20, 20]


def test_matting_drops_specks() -> None:
    image = framed_square()
    image[:, 2, 2] = 0.0
    assert not foreground_mask(image)[2, 2]


def test_report_measures_area_border_and_parts() -> None:
    mask = torch.zeros(20, 20, dtype=torch.bool)
    mask[5:15, 5:15] = True
    mask[:5, 0] = True
    measured = report(mask)
    assert measured.area == pytest.approx(105 / 400)
    assert measured.border == pytest.approx(6 / 80)  # the corner counts for both of its sides
    assert measured.second_part == pytest.approx(0.05)


def test_report_of_nothing_is_zero() -> None:
    assert report(torch.zeros(8, 8, dtype=torch.bool)).area == 0


def test_recentring_fills_the_wanted_share_in_the_middle() -> None:
    image = torch.ones(3, 50, 50)
    image[:, 2:22, 5:15] = 0.1
    moved, alpha = recentred(image, foreground_mask(image).float(), 50, 0.8)
    rows, columns = (alpha > 0.5).nonzero(as_tuple=True)
    assert rows.max() - rows.min() + 1 == 40
    assert (rows.min() + rows.max()).item() / 2 == pytest.approx(24.5, abs=1)
    assert (columns.min() + columns.max()).item() / 2 == pytest.approx(24.5, abs=1)
    assert moved[:, 25, 25].mean() < 0.15
    assert torch.all(moved[:, 0, 0] == 1)


def test_recentring_at_the_same_scale_moves_pixels_and_mixes_them_with_white_by_their_opacity() -> None:
    image = torch.zeros(3, 3, 5)
    image[:, 1:, 4] = 0.2
    alpha = torch.zeros(3, 5)
    alpha[1, 4], alpha[2, 4] = 1.0, 0.75
    moved, opacity = recentred(image, alpha, size=4, fill=0.5)
    expected = torch.ones(4, 4)
    expected[1, 1], expected[2, 1] = 0.2, 0.75 * 0.2 + 0.25
    torch.testing.assert_close(moved, expected.expand(3, 4, 4))
    torch.testing.assert_close(opacity[1:3, 1], torch.tensor([1.0, 0.75]))
    assert opacity.sum() == 1.75


def test_recentring_is_the_same_whatever_colour_transparency_hides() -> None:
    image = torch.rand(3, 40, 30, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(40, 30, dtype=torch.bool)
    mask[3:20, 8:15], mask[9:12, 10:25] = True, True
    hidden, shown = (recentred(each, mask.float(), 64, 0.8)[0] for each in (image, on_white(image, mask)))
    assert torch.equal(hidden, shown)


def test_recentring_nothing_gives_a_white_square() -> None:
    moved, opacity = recentred(torch.zeros(3, 6, 6), torch.full((6, 6), 0.4), 4, 0.8)
    assert torch.equal(moved, torch.ones(3, 4, 4))
    assert torch.equal(opacity, torch.zeros(4, 4))


def test_on_white_keeps_the_object_only() -> None:
    assert on_white(torch.zeros(3, 2, 2), torch.tensor([[True, False], [False, False]])).sum() == 9


def test_reference_view_is_what_the_prior_paints_from_the_front() -> None:
    _, stage_zero = prepared(BALL, QUICK, runtime(std=0.0))
    target = paint_ball(camera_at(0, 0), "rgb")
    assert stage_zero.is_reference_accepted
    torch.testing.assert_close(stage_zero.condition.reference_image, target, atol=1e-3, rtol=0)
    torch.testing.assert_close(stage_zero.condition.reference_mask, (target[:, 1:2] < 0.9).float())
    assert stage_zero.condition.reference_view.azimuth.item() == 0


def test_stage_zero_reports_before_every_denoising_step() -> None:
    yielded, _ = prepared(BALL, QUICK, runtime())
    sampling = [item for item in yielded if item.what == "imagining the reference view"]
    assert len(sampling) == QUICK.steps
    assert [item.fraction for item in sampling] == sorted(item.fraction for item in sampling)


def test_a_reference_that_breaks_the_rules_guides_but_is_not_compared_with() -> None:
    strict = ReferenceSampling(candidates=2, steps=4, guidance_scale=1.0, area=(0.9, 1.0), fill=None)
    _, stage_zero = prepared(BALL, strict, runtime(std=0.0))
    assert not stage_zero.is_reference_accepted
    assert stage_zero.condition.reference_image is not None


def test_an_own_reference_is_used_as_it_is() -> None:
    rgba = torch.cat([framed_square(), (framed_square()[:1] < 0.5).float()])
    yielded, stage_zero = prepared(Prompt(BALL.parts, reference=rgba), QUICK, runtime())
    assert all(item.what == "reading the prompt" for item in yielded)
    torch.testing.assert_close(stage_zero.condition.reference_image[0], framed_square())


def test_an_own_reference_of_another_shape_is_made_square() -> None:
    rgba = torch.zeros(4, 16, 48)
    rgba[3, :, 20:28] = 1.0
    _, stage_zero = prepared(Prompt(BALL.parts, reference=rgba), replace(QUICK, fill=0.5), runtime())
    mask = stage_zero.condition.reference_mask[0, 0]
    assert mask.shape == (48, 48)
    rows, columns = mask.nonzero(as_tuple=True)
    assert (len(rows.unique()), len(columns.unique())) == (24, 12)


def test_between_two_pulls_the_caller_keeps_its_gradients() -> None:
    work = prepare_condition(BALL, QUICK, runtime())
    states = []
    for item in work:
        states.append(torch.is_grad_enabled())
        assert isinstance(item, Preparing)
    assert len(states) > QUICK.steps
    assert all(states)


def test_mixed_prompts_are_a_weighted_sum_of_unit_vectors() -> None:
    encoder, picture = MeanColourEncoder(), torch.rand(3, IMAGE_SIZE, IMAGE_SIZE)
    sound = Audio(torch.zeros(100), 16000)
    prompt = Prompt((WeightedPrompt(Text("ball"), 3.0), WeightedPrompt(Image(picture)), WeightedPrompt(sound, 2.0)))
    expected = (
        3 * encoder.embed_text(["ball"])
        + encoder.embed_image(picture[None])
        + 2 * encoder.embed_audio(sound.waveform, 16000)
    )
    mixed = embed(prompt, encoder, CPU)
    torch.testing.assert_close(mixed, torch.nn.functional.normalize(expected))
    assert mixed.norm().item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (Prompt(()), "the prompt is empty"),
        (Prompt.from_text("  "), "describe an object"),
        (Prompt((WeightedPrompt(Text("ball"), 0.0),)), "weights must be positive"),
        (Prompt(BALL.parts, reference=torch.zeros(4, 8, 8)), "transparent everywhere"),
    ],
)
def test_prompts_that_ask_for_nothing_are_refused(prompt: Prompt, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        embed(prompt, MeanColourEncoder(), CPU)


def test_words_of_a_mixed_prompt_are_joined() -> None:
    prompt = Prompt((WeightedPrompt(Text("a boat")), WeightedPrompt(Text("red"))))
    assert prompt.text == "a boat, red"
