"""The sweep of the built-in recipe: what it refuses before it starts."""

import pytest
from recipe_sweep import Arguments, main, require_known


@pytest.mark.parametrize("prompt", ["red dragon", "beige chair", "chair", "chair red", "a red chair"])
def test_a_prompt_that_is_no_known_colour_and_class_is_refused_before_anything_is_made(prompt: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main(Arguments(prompts=("red chair", prompt)))
    said = str(refused.value)
    assert said.startswith(f"prompts: got {prompt!r}; each must be a colour and a class, such as 'red chair'.")
    assert "Colours: red, orange, " in said
    assert " mug" in said.partition("Classes: ")[2]


def test_the_prompts_of_the_sweep_itself_are_known() -> None:
    require_known(Arguments().prompts)
