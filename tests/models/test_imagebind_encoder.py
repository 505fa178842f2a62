"""ImageBind as a JointEncoder, loaded from a folder in the published layout."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.folder_layout import MissingWeights
from any_to_3d.backend.models.imagebind import ImageBindEncoder, image_preprocessing
from any_to_3d.backend.models.imagebind_load import load_imagebind
from any_to_3d.backend.models.imagebind_sound import sound_pictures
from any_to_3d.backend.models.protocols import ImageEncoder, JointEncoder
from tiny_checkpoints import EMBEDDING
from tiny_imagebind import TINY, filled_tower, random_tensors, save_imagebind
from torch import Tensor

CPU = torch.device("cpu")
SOUND = 0.3 * torch.sin(torch.arange(5 * 8_000) * 0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_imagebind(tmp_path_factory.mktemp("models") / "imagebind")


@pytest.fixture(scope="module")
def encoder(folder: Path) -> ImageBindEncoder:
    return load(folder)


def load(folder: Path, dtype: torch.dtype = torch.float32) -> ImageBindEncoder:
    return load_imagebind(folder, folder / "tokenizer", CPU, dtype, TINY)


def test_it_takes_texts_pictures_and_sounds(encoder: ImageBindEncoder) -> None:
    assert isinstance(encoder, JointEncoder)
    assert isinstance(encoder.vision, ImageEncoder)
    assert encoder.modalities == ("text", "image", "audio")
    for embedding in (
        encoder.embed_text(["a chair"]),
        encoder.embed_image(torch.rand(1, 3, 40, 30)),
        encoder.embed_audio(SOUND, 8_000),
    ):
        assert embedding.shape == (1, EMBEDDING)
        assert embedding.dtype == torch.float32
        assert embedding.norm().item() == pytest.approx(1.0)
    assert encoder.unknown_words("qzxj") == ()


def test_what_was_saved_is_what_embeds(encoder: ImageBindEncoder) -> None:
    tensors, picture = random_tensors(), torch.rand(2, 3, 28, 28)
    raw = filled_tower("vision", tensors).raw_embedding(image_preprocessing(28).applied(picture).double())
    torch.testing.assert_close(encoder.vision.raw_embedding(picture), raw.float(), atol=1e-4, rtol=1e-4)
    ids = encoder.tokens.ids(["a red chair", "b"])
    words = F.normalize(filled_tower("text", tensors).raw_embedding(ids), dim=1)
    torch.testing.assert_close(encoder.embed_text(["a red chair", "b"]), words.float(), atol=1e-5, rtol=0)


def test_a_sound_is_the_mean_of_its_three_clips(encoder: ImageBindEncoder) -> None:
    clips = filled_tower("audio", random_tensors())(sound_pictures(SOUND, 8_000).double())
    assert (clips[0] - clips[1]).abs().max() > 1e-3
    expected = F.normalize(clips.mean(dim=0, keepdim=True), dim=1).float()
    torch.testing.assert_close(encoder.embed_audio(SOUND, 8_000), expected, atol=1e-5, rtol=0)


def test_a_picture_is_given_clips_statistics() -> None:
    white = image_preprocessing(28).applied(torch.ones(1, 3, 28, 28))[0, :, 0, 0]
    expected = [(1 - 0.48145466) / 0.26862954, (1 - 0.4578275) / 0.26130258, (1 - 0.40821073) / 0.27577711]
    torch.testing.assert_close(white, torch.tensor(expected))


def test_a_wide_picture_is_cropped_in_the_middle() -> None:
    wide = torch.zeros(1, 3, 28, 48)
    wide[..., 10:38] = 1
    square = image_preprocessing(28)
    torch.testing.assert_close(square.applied(wide), square.applied(torch.ones(1, 3, 28, 28)))


def test_heads_stay_exact_in_half_precision(folder: Path) -> None:
    half = load(folder, torch.bfloat16)
    assert half.vision.tower.dtype == half.text.dtype == torch.bfloat16
    assert half.vision.tower.head[2].weight.dtype == torch.float32
    picture = torch.rand(1, 3, 28, 28)
    assert half.embed_image(picture).dtype == torch.float32
    similarity = F.cosine_similarity(half.embed_image(picture), load(folder).embed_image(picture))
    assert similarity.item() > 0.99


def test_no_weight_is_trained_and_gradients_reach_the_picture(encoder: ImageBindEncoder) -> None:
    picture = torch.rand(1, 3, 28, 28, requires_grad=True)
    encoder.embed_image(picture)[0, 0].backward()
    assert picture.grad is not None
    assert picture.grad.abs().max() > 0
    for tower in (encoder.vision.tower, encoder.text, encoder.audio):
        assert not any(parameter.requires_grad for parameter in tower.parameters())
        assert not tower.training


def test_released_towers_leave_for_the_host_and_the_next_prompt_brings_one_back(folder: Path) -> None:
    encoder = load(folder)
    before, moves = encoder.embed_text(["a chair"]), []
    for name, tower in (("text", encoder.text), ("audio", encoder.audio), ("vision", encoder.vision.tower)):
        tower.to = lambda place, name=name, tower=tower: moves.append((name, str(place))) or tower
    encoder.release()
    assert moves == [("text", "cpu"), ("audio", "cpu")]
    away = replace(encoder, device=torch.device("cpu", 0))
    torch.testing.assert_close(away.embed_text(["a chair"]), before)
    assert moves[2:] == [("text", "cpu:0")]


@pytest.mark.cuda
def test_released_towers_give_their_memory_back(folder: Path) -> None:
    device = torch.device("cuda:0")
    encoder = load_imagebind(folder, folder / "tokenizer", device, torch.float16, TINY)
    before = encoder.embed_text(["a chair"])
    held = torch.cuda.memory_allocated(device)
    encoder.release()
    assert torch.cuda.memory_allocated(device) < held
    torch.testing.assert_close(encoder.embed_text(["a chair"]), before)


def test_towers_of_no_use_are_not_read(tmp_path: Path) -> None:
    extra = {"modality_trunks.depth.blocks.0.norm_1.weight": torch.zeros(3)}
    loaded = load(save_imagebind(tmp_path / "imagebind", random_tensors() | extra))
    assert loaded.embed_text(["a chair"]).isfinite().all()


def saved_with(tmp_path: Path, changed: dict[str, Tensor], without: str = "") -> Path:
    tensors = random_tensors() | changed
    tensors.pop(without, None)
    return save_imagebind(tmp_path / "imagebind", tensors)


def test_a_missing_tensor_is_named_with_its_shape_and_the_remedy(tmp_path: Path) -> None:
    folder = saved_with(tmp_path, {}, without="modality_trunks.audio.blocks.1.attn.bias_k")
    said = r"attn.bias_k is missing, expected 1 x 1 x 8; fetch ImageBind's own with: any-to-3d models fetch imagebind"
    with pytest.raises(MissingWeights, match=said):
        load(folder)


def test_a_tensor_of_another_shape_is_named_with_both(tmp_path: Path) -> None:
    folder = saved_with(tmp_path, {"modality_heads.vision.2.weight": torch.zeros(4, 4)})
    with pytest.raises(MissingWeights, match=r"modality_heads.vision.2.weight is 4 x 4, expected 16 x 16"):
        load(folder)


def test_of_many_wrong_tensors_the_first_are_named_and_the_others_counted(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"embedder.4 is unknown; and 4 more; fetch"):
        load(saved_with(tmp_path, {f"embedder.{i}": torch.zeros(1) for i in range(9)}))


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple:
        return (Path.touch, (Path("evil-was-here"),))


@pytest.mark.parametrize("name", ["imagebind_huge.pth", "model.safetensors"])
def test_a_pickle_is_never_opened_whatever_its_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "imagebind"
    folder.mkdir()
    (folder / name).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(MissingWeights, match=r"model.safetensors is (missing \(imagebind_huge.pth is pickled|damaged)"):
        load(folder)
    assert not Path("evil-was-here").exists()
