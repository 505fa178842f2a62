"""Trains the words of the joint encoder: a text tower that says which attributes a sentence states."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import CLIPTextModelWithProjection

from ..captions import sample_statement
from ..spec import sample_spec
from ..words import closed_vocabulary
from .attributes import AttributeReaders, attribute_numbers
from .running.chance import Chance
from .running.run import Budget, TrainingRun
from .running.run_options import RunOptions
from .running.start import start_training
from .word_tower import build_text_tower, build_tokenizer, token_ids, with_unknown_words

_UNKNOWN_SHARE = 0.3
_COLOURED_SHARE = 0.8


@dataclass(frozen=True)
class Options(RunOptions):
    """Train the tower that reads words; it needs neither pictures nor sounds."""

    run: Path
    """Folder of the joint encoder: gets text_encoder/, tokenizer/, readers, and words/ with checkpoint and curve."""
    budget: Budget = field(default_factory=lambda: Budget(minutes=2.0), kw_only=True)
    batch: int = field(default=256, kw_only=True)


class WordLearner(nn.Module):
    """A text tower under its readers."""

    def __init__(self, tower: CLIPTextModelWithProjection) -> None:
        super().__init__()
        self.tower, self.readers = tower, AttributeReaders()

    def loss(self, ids: Int[Tensor, "B T"], stated: Int[Tensor, "B 6"]) -> Float[Tensor, ""]:
        """Cross-entropy of everything that the sentences state."""
        return self.readers.loss(F.normalize(self.tower(ids).text_embeds, dim=1), stated)


def main(options: Options) -> None:
    """Write `run`/text_encoder, tokenizer and the readers; the pictures are not needed."""
    hardware, run = options.hardware, options.run
    chance = start_training(run / "words", options)
    tokenizer = build_tokenizer(closed_vocabulary())
    learner = hardware.ready(WordLearner(build_text_tower(tokenizer)))
    training = TrainingRun(learner, run / "words", options.budget, options.resume, chance)
    for _ in training.steps("words"):
        captions, stated = draw_sentences(chance, options.batch)
        ids = with_unknown_words(token_ids(tokenizer, captions), tokenizer, _UNKNOWN_SHARE, chance)
        training.descend(learner.loss(ids.to(hardware.place), stated.to(hardware.place)))
    training.load_averaged_into(learner)
    learner.tower.cpu().save_pretrained(run / "text_encoder")
    tokenizer.save_pretrained(run / "tokenizer")
    learner.readers.save(run)


def draw_sentences(chance: Chance, count: int) -> tuple[list[str], Int[Tensor, "B 6"]]:
    """True sentences about random props, held-out pairs among them (words, not pictures), and what each one states."""
    captions, stated = [], []
    for _ in range(count):
        spec = sample_spec(chance.words, with_holdouts=True)
        caption = sample_statement(spec, chance.words, "all" if chance.words.random() < _COLOURED_SHARE else "shape")
        captions.append(caption.text)
        stated.append(attribute_numbers(caption.facts))
    return captions, torch.tensor(stated)
