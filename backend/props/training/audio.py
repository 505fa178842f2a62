"""Trains the audio tower towards the locked words, as images.py does the image tower."""

from dataclasses import dataclass, field
from pathlib import Path

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from ..sounds import SOUNDING_CLASSES
from ..spec import CLASSES
from .attributes import NAMES, AttributeReaders
from .captions import class_captions
from .disturbances import disturbed_mels
from .finished import require_finished
from .images import matching_loss
from .running.chance import Chance
from .running.run import Budget, TrainingRun
from .running.run_options import RunOptions
from .running.start import start_training
from .sounds import SoundWindows, Synthesis, build_audio_tower, build_extractor, cached_sounds
from .word_tower import FrozenWords


@dataclass(frozen=True)
class Options(RunOptions):
    """Train the tower that hears sounds."""

    sounds: Path
    """File where the sounds are cached; they are synthesised where it is not there."""
    words: Path
    """Folder of the finished words."""
    run: Path
    """Folder for audio_encoder/, and audio/ with checkpoint and curve: that of the words."""
    synthesis: Synthesis = field(default_factory=Synthesis)
    budget: Budget = field(default_factory=lambda: Budget(minutes=5.0), kw_only=True)
    seed: int = field(default=2, kw_only=True)


def main(options: Options) -> None:
    """Write `run`/audio_encoder with its feature extractor's settings."""
    hardware = options.hardware
    require_finished("words", options.words, "words")
    chance = start_training(options.run / "audio", options)
    sounds = cached_sounds(options.sounds, options.synthesis).to(hardware.place)
    captions = class_captions(SOUNDING_CLASSES, FrozenWords.load(options.words, hardware.place), options.seed)
    readers = hardware.ready(AttributeReaders.load(options.words))
    tower = hardware.ready(build_audio_tower())
    training = TrainingRun(tower, options.run / "audio", options.budget, options.resume, chance)
    fast = hardware.fast(tower)
    for _ in training.steps("audio"):
        mels, classes = drawn_sounds(sounds, options.batch, chance)
        targets = captions[classes, chance.integers(captions.shape[1], options.batch)]
        with hardware.half_precision():
            embedded = fast(disturbed_mels(mels, chance)).audio_embeds
        loss, close = sound_loss(F.normalize(embedded.float(), dim=1), targets, classes, readers)
        training.descend(loss, cosine=close)
    training.load_averaged_into(tower)
    tower.cpu().save_pretrained(options.run / "audio_encoder")
    build_extractor().save_pretrained(options.run / "audio_encoder")


def drawn_sounds(sounds: SoundWindows, count: int, chance: Chance) -> tuple[Float[Tensor, "B 1 F M"], Int[Tensor, "B"]]:
    """Windows, each sounding class as often as another, and their classes by SOUNDING_CLASSES."""
    windows = chance.integers(len(sounds.mels), count)
    return sounds.mels[windows].float(), sounds.classes[sounds.owner[windows]]


def sound_loss(
    unit: Float[Tensor, "B E"],
    targets: Float[Tensor, "B E"],
    classes: Int[Tensor, "B"],
    readers: AttributeReaders,
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Find the caption, lie close to it, tell the class; the second number is the mean cosine to the captions."""
    close = (unit * targets).sum(dim=1).mean()
    shown = classes.new_zeros(len(classes), len(NAMES))
    shown[:, 0] = classes.new_tensor([CLASSES.index(name) for name in SOUNDING_CLASSES])[classes]
    read = readers.loss(unit, shown, ("class",))
    return matching_loss(unit, targets) + 2.0 * (1.0 - close) + 0.5 * read, close.detach()
