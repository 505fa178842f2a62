from collections import Counter

import numpy as np
from any_to_3d.backend.evaluation.draw import draw_pictures, draw_pool, draw_prompts, draw_sounds
from any_to_3d.backend.evaluation.photo import SIZE, picture_of
from any_to_3d.backend.props.sounds import SOUNDING_CLASSES
from any_to_3d.backend.props.spec import CLASSES


def test_prompts_are_36_classes_half_of_them_in_colours_that_training_never_saw() -> None:
    prompts = draw_prompts()
    assert len({pair.prop_class for pair in prompts}) == len(prompts) == 36
    assert [pair.is_held_out for pair in prompts] == [False, True] * 18


def test_pool_is_136_different_prompts_half_held_out_with_every_class_at_least_three_times() -> None:
    prompts = draw_prompts()
    pool = draw_pool(prompts)
    assert len(set(pool)) == len(pool) == 136
    assert sum(pair.is_held_out for pair in pool) == 68
    assert set(prompts) <= set(pool)
    counts = Counter(pair.prop_class for pair in pool)
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) >= 3


def test_draws_are_the_same_every_time() -> None:
    assert draw_prompts() == draw_prompts()
    assert draw_pool(draw_prompts()) == draw_pool(draw_prompts())
    assert draw_pictures(12) == draw_pictures(12)
    assert draw_sounds(9) == draw_sounds(9)


def test_a_smaller_draw_of_pictures_is_the_beginning_of_a_larger_one() -> None:
    assert draw_pictures(2) == draw_pictures(12)[:2]


def test_pictures_show_props_that_training_could_not_contain() -> None:
    parts = draw_pictures(12)
    assert len({part.spec.prop_class for part in parts}) == 12
    for part in parts:
        assert part.spec.is_held_out
        assert part.spec.seed is not None
        assert (part.spec.material, part.spec.pattern, part.spec.proportion) != ("plain", "plain", "normal")


def test_sounds_are_of_different_classes_that_have_one() -> None:
    sounds = draw_sounds(9)
    assert len({prop_class for prop_class, _ in sounds}) == 9
    assert {prop_class for prop_class, _ in sounds} <= set(SOUNDING_CLASSES)


def test_a_photo_shows_the_prop_before_a_ground_that_is_neither_white_nor_even() -> None:
    part = draw_pictures(1)[0]
    photo = picture_of(part)
    assert photo.shape == (SIZE, SIZE, 3)
    border = np.concatenate([photo[0], photo[-1], photo[:, 0], photo[:, -1]]).astype(float)
    assert border.mean(axis=0).min() < 250
    assert border.std(axis=0).max() > 5
    assert np.array_equal(photo, picture_of(part))
