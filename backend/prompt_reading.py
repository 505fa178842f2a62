"""From a request's encoded parts to the generator's prompt, with each picture's object cut out."""

from collections.abc import Callable
from dataclasses import dataclass

from ..shared.messages import AudioPrompt, CutOut, ImagePrompt, Submit, TextPrompt
from .cut_out import ChosenMatting, choose_matting, cut_out
from .generator.prompt import Audio, Image, Prompt, Text, WeightedPrompt
from .media import decode_picture, decode_sound, encode_picture

SHOWN_SIDE = 256


@dataclass(frozen=True)
class ReadPrompt:
    """The prompt, and what the artist is shown of its pictures."""

    prompt: Prompt
    cut_outs: tuple[CutOut, ...] = ()


def read_prompt(job_id: str, submit: Submit, choose: Callable[[], ChosenMatting] = choose_matting) -> ReadPrompt:
    """The request's prompts, decoded. Raises ValueError for a file that cannot be read."""
    parts: list[WeightedPrompt] = []
    cut_outs: list[CutOut] = []
    for number, part in enumerate(submit.prompts):
        match part.prompt:
            case TextPrompt(text):
                content: Text | Image | Audio = Text(text)
            case ImagePrompt(data):
                cut = cut_out(decode_picture(data), choose)
                content = Image(cut.pixels)
                shown = encode_picture(cut.pixels, SHOWN_SIDE)
                cut_outs.append(CutOut(job_id, number, shown, cut.method, cut.notice))
            case AudioPrompt(data):
                content = Audio(*decode_sound(data))
        parts.append(WeightedPrompt(content, part.weight))
    return ReadPrompt(Prompt(tuple(parts), submit.negative), tuple(cut_outs))
