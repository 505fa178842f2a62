"""CLIP's towers as joint encoder: embeddings against transformers' own, and what it says about words."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.clip_vision import ImagePreprocessing
from any_to_3d.backend.models.load import load_clip
from PIL import Image
from tiny_checkpoints import (
    EMBEDDING,
    byte_pair_tokenizer,
    preprocessing,
    save_clip,
    text_config,
    vision_tower,
    word_tokenizer,
)
from transformers import CLIPConfig, CLIPModel

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    folder = tmp_path_factory.mktemp("models") / "clip"
    save_clip(folder, word_tokenizer())
    return load_clip(folder, CPU)


@pytest.fixture(scope="module")
def byte_pairs(tmp_path_factory: pytest.TempPathFactory) -> ClipEncoder:
    folder = tmp_path_factory.mktemp("models") / "clip"
    save_clip(folder, byte_pair_tokenizer())
    return load_clip(folder, CPU)


def photo(width: int, height: int) -> np.ndarray:
    """Waves short enough that shrinking without antialiasing folds them."""
    rows, columns = np.mgrid[0:height, 0:width]
    channels = [np.sin(columns / 1.5 + shift) * np.cos(rows / 3 - shift) * 0.8 for shift in range(3)]
    return ((np.stack(channels, axis=-1) * 0.5 + 0.5) * 255).astype(np.uint8)


@pytest.mark.parametrize("size", [(16, 16), (60, 60), (80, 50), (50, 80)])
def test_preprocessing_is_that_of_transformers(words: ClipEncoder, size: tuple[int, int]) -> None:
    pixels = photo(*size)
    reference = preprocessing()(images=Image.fromarray(pixels), return_tensors="pt").pixel_values
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    ours = words.vision.preprocessing.applied(image)
    # Theirs rounds to whole grey levels twice, and a level is 1 / 255 / 0.26 after normalising.
    torch.testing.assert_close(ours, reference, atol=2.5 / 255 / 0.26, rtol=0)
    expected = F.normalize(words.vision.tower(reference).image_embeds, dim=1)
    assert F.cosine_similarity(words.embed_image(image), expected).item() > 0.999


def test_embeddings_are_unit_vectors_in_one_space(words: ClipEncoder) -> None:
    texts, images = words.embed_text(["a red chair", "a blue house"]), words.embed_image(torch.rand(2, 3, 20, 20))
    assert texts.shape == images.shape == (2, EMBEDDING)
    torch.testing.assert_close(torch.cat([texts, images]).norm(dim=1), torch.ones(4))


def test_padding_does_not_change_a_texts_embedding(words: ClipEncoder) -> None:
    together = words.embed_text(["a red chair", "house"])
    torch.testing.assert_close(together[1:], words.embed_text(["house"]), atol=1e-6, rtol=1e-5)


def test_every_word_changes_the_embedding(words: ClipEncoder) -> None:
    embeddings = words.embed_text(["a red chair", "a red table", "a blue chair", "a blue house"])
    similarity = embeddings @ embeddings.T
    assert (similarity - torch.eye(4)).max() < 0.9999


def test_gradient_reaches_the_image_and_no_weight(words: ClipEncoder) -> None:
    image = torch.ones(1, 3, 40, 40, requires_grad=True)
    words.embed_image(image)[0, 0].backward()
    assert image.grad is not None
    assert (image.grad.abs().amax(dim=1) > 0).float().mean() > 0.9
    assert all(weight.grad is None for weight in words.vision.tower.parameters())


def test_image_gradient_agrees_with_finite_differences() -> None:
    preprocess = ImagePreprocessing(4, (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    image = torch.rand(1, 3, 5, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(preprocess.applied, (image,))


def test_words_outside_a_closed_vocabulary_are_named_once_in_order(words: ClipEncoder) -> None:
    assert words.unknown_words("A shiny red zebra, shiny chair") == ("shiny", "zebra")
    assert words.unknown_words("a red chair") == ()


def test_unknown_words_do_not_move_an_embedding(words: ClipEncoder) -> None:
    mixed, plain = words.embed_text(["a shiny red, zebra chair", "a red chair"])
    torch.testing.assert_close(mixed, plain)


def test_a_text_without_meaning_is_refused_with_a_suggestion(words: ClipEncoder) -> None:
    refused = "'a tabel' has no word that the model knows to describe an object; did you mean table"
    with pytest.raises(ValueError, match=refused):
        words.embed_text(["a red chair", "a tabel"])
    for text in ("", "the", "a", "a gizmo"):
        with pytest.raises(ValueError, match=f"the prompt '{text}' has no word that .*'s page lists"):
            words.embed_text([text])


def test_an_open_vocabulary_knows_every_word(byte_pairs: ClipEncoder) -> None:
    assert byte_pairs.unknown_words("a qwertyish zebra") == ()
    assert byte_pairs.reader is None
    assert byte_pairs.embed_text(["zebra", "the"]).shape == (2, EMBEDDING)
    with pytest.raises(ValueError, match="the prompt is empty"):
        byte_pairs.embed_text([" "])


def test_sound_is_refused(words: ClipEncoder) -> None:
    with pytest.raises(ValueError, match="takes text and image prompts, no sound"):
        words.embed_audio(torch.zeros(16000), 16000)


def test_the_hubs_single_folder_holds_both_towers(tmp_path: Path) -> None:
    torch.manual_seed(4)
    tokenizer = byte_pair_tokenizer()
    text, vision = text_config(len(tokenizer)).to_dict(), vision_tower().config.to_dict()
    # As OpenCLIP's towers were published: how long embeddings are, the whole's settings say, and not the towers'.
    text["projection_dim"] = vision["projection_dim"] = 512
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=EMBEDDING)).eval()
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    preprocessing().save_pretrained(tmp_path)
    encoder = load_clip(tmp_path, CPU)
    ids = tokenizer(["a chair"], padding="max_length", return_tensors="pt").input_ids
    image = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        both = model(input_ids=ids, pixel_values=encoder.vision.preprocessing.applied(image))
    torch.testing.assert_close(encoder.embed_text(["a chair"]), both.text_embeds, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(encoder.embed_image(image), both.image_embeds, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("size", ['{"shortest_edge": 16}', '{"height": 16, "width": 16}', "16"])
def test_every_spelling_of_the_input_size_is_read(tmp_path: Path, size: str) -> None:
    file = tmp_path / "preprocessor_config.json"
    file.write_text(f'{{"size": {size}, "image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1]}}')
    assert ImagePreprocessing.read(file) == ImagePreprocessing(16, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0))


def test_a_broken_preprocessor_file_names_its_key(tmp_path: Path) -> None:
    file = tmp_path / "preprocessor_config.json"
    file.write_text('{"size": 16, "image_mean": [0.5], "image_std": [1, 1, 1]}')
    with pytest.raises(ValueError, match=r"preprocessor_config.json: image_mean must be three numbers, got \[0.5\]"):
        ImagePreprocessing.read(file)
