"""Random networks of a few thousand weights, saved by the hub's own classes in the exact layouts of the big ones."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    DDPMScheduler,
    StableUnCLIPImg2ImgPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor
from transformers import (
    ClapAudioConfig,
    ClapAudioModelWithProjection,
    ClapFeatureExtractor,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    PreTrainedTokenizerFast,
)

EMBEDDING = 16
CROSS = 8
WORDS = ("a", "red", "blue", "chair", "table", "house")
CONTEXT = 32


@dataclass(frozen=True)
class Cameras:
    """A Viewpoints of plain tensors."""

    elevation: Tensor
    azimuth: Tensor
    distance: Tensor
    fov_y: Tensor


def cameras(*degrees: tuple[float, float], distance: float = 2.5) -> Cameras:
    """From (elevation, azimuth) pairs in degrees."""
    angles = torch.deg2rad(torch.tensor(degrees))
    count = len(degrees)
    return Cameras(angles[:, 0], angles[:, 1], torch.full((count,), distance), torch.full((count,), 0.7))


def unet(in_channels: int = 4, class_width: int | None = 2 * EMBEDDING, cross: int = CROSS) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=in_channels,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
        cross_attention_dim=cross,
        class_embed_type=None if class_width is None else "projection",
        projection_class_embeddings_input_dim=class_width,
        use_linear_projection=True,
        upcast_attention=True,
    )


def autoencoder() -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(4, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1,
        norm_num_groups=2,
        sample_size=16,
    )


def tiny_autoencoder() -> AutoencoderTiny:
    return AutoencoderTiny(
        encoder_block_out_channels=(4, 4),
        decoder_block_out_channels=(4, 4),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
        scaling_factor=0.7,
    )


def byte_pair_tokenizer() -> CLIPTokenizer:
    """CLIP's own kind with every letter and no merges: it can spell any lower-case word."""
    letters = "abcdefghijklmnopqrstuvwxyz,."
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: i for i, token in enumerate(tokens)}, merges=[], model_max_length=CONTEXT)


def word_tokenizer() -> PreTrainedTokenizerFast:
    """A closed vocabulary: any other word becomes <unk>. The end of text has the highest id: CLIP pools there."""
    tokens = ["<pad>", "<unk>", "<start>", *WORDS, "<end>"]
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(tokens)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 2), ("<end>", len(tokens) - 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<start>", eos_token="<end>"
    )


def text_config(vocabulary: int, width: int = CROSS) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=CONTEXT,
        projection_dim=EMBEDDING,
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=0,
    )


def vision_tower() -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=8,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=16,
            patch_size=8,
            projection_dim=EMBEDDING,
        )
    )


def preprocessing() -> CLIPImageProcessor:
    return CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})


def scheduler(prediction_type: str = "v_prediction") -> DDIMScheduler:
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type=prediction_type,
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


def unclip_pipeline() -> StableUnCLIPImg2ImgPipeline:
    """diffusers' own pipeline around random networks; its class label's statistics are not the identity."""
    torch.manual_seed(0)
    tokenizer = byte_pair_tokenizer()
    normalizer = StableUnCLIPImageNormalizer(EMBEDDING)
    with torch.no_grad():
        normalizer.mean.normal_()
        normalizer.std.uniform_(0.5, 2.0)
    pipeline = StableUnCLIPImg2ImgPipeline(
        feature_extractor=preprocessing(),
        image_encoder=vision_tower(),
        image_normalizer=normalizer,
        image_noising_scheduler=DDPMScheduler(beta_schedule="squaredcos_cap_v2"),
        tokenizer=tokenizer,
        text_encoder=CLIPTextModel(text_config(len(tokenizer))),
        unet=unet(),
        scheduler=scheduler(),
        vae=autoencoder(),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def save_builtin_unclip(folder: Path, fields: dict[str, object], signal_count: int = 2) -> None:
    """A prior of the built-in kind: no words, pose and signal in the class label, a deterministic autoencoder."""
    torch.manual_seed(1)
    unet(class_width=2 * EMBEDDING + 4 * 2 + signal_count).save_pretrained(folder / "unet")
    tiny_autoencoder().save_pretrained(folder / "vae")
    scheduler().save_pretrained(folder / "scheduler")
    (folder / "conditioning.json").write_text(json.dumps(fields))


BUILTIN_UNCLIP: dict[str, object] = {
    "embedding_scale": 11.3,
    "noise_level_embedding": True,
    "pose": {"harmonics": 2, "gain": 1.4},
    "signals": ["rgb", "normal"],
}


def save_zero123(folder: Path, projection: str = "clip_camera_projection", class_width: int | None = None) -> None:
    """A Zero-1-to-3 folder; the projection's component and tensor names differ between the two layouts in use."""
    torch.manual_seed(2)
    unet(8, class_width).save_pretrained(folder / "unet")
    autoencoder().save_pretrained(folder / "vae")
    scheduler("epsilon").save_pretrained(folder / "scheduler")
    vision_tower().save_pretrained(folder / "image_encoder")
    preprocessing().save_pretrained(folder / "feature_extractor")
    (folder / projection).mkdir()
    (folder / projection / "config.json").write_text("{}")
    name = "proj" if projection == "clip_camera_projection" else "projection"
    tensors = {f"{name}.weight": torch.randn(CROSS, EMBEDDING + 4), f"{name}.bias": torch.randn(CROSS)}
    save_file(tensors, folder / projection / "diffusion_pytorch_model.safetensors")


def save_clip(folder: Path, tokenizer: PreTrainedTokenizerFast | CLIPTokenizer) -> None:
    """One folder per component."""
    torch.manual_seed(3)
    CLIPTextModelWithProjection(text_config(len(tokenizer))).save_pretrained(folder / "text_encoder")
    tokenizer.save_pretrained(folder / "tokenizer")
    vision_tower().save_pretrained(folder / "image_encoder")
    preprocessing().save_pretrained(folder / "feature_extractor")


def audio_tower(width: int = EMBEDDING) -> ClapAudioModelWithProjection:
    """Reads 64 frames of 32 mel bands: half a second at 8 kHz."""
    config = ClapAudioConfig(
        num_mel_bins=32,
        spec_size=64,
        window_size=4,
        patch_size=8,
        patch_stride=(8, 8),
        patch_embeds_hidden_size=8,
        hidden_size=16,
        depths=(1, 1),
        num_attention_heads=(1, 2),
        num_hidden_layers=2,
        projection_dim=width,
        patch_embed_input_channels=1,
    )
    return ClapAudioModelWithProjection(config)


def sound_preprocessing(**changed: object) -> ClapFeatureExtractor:
    settings: dict = {
        "feature_size": 32,
        "sampling_rate": 8000,
        "hop_length": 64,
        "max_length_s": 0.5,
        "fft_window_size": 256,
        "frequency_max": 4000,
        "top_db": 60,
        "truncation": "rand_trunc",
        "padding": "pad",
    }
    return ClapFeatureExtractor(**(settings | changed))


def save_audio(folder: Path, width: int = EMBEDDING, **changed: object) -> None:
    """The audio tower of a joint encoder's folder; its statistics are not those of an untrained one."""
    torch.manual_seed(5)
    tower = audio_tower(width)
    norm = tower.audio_model.audio_encoder.batch_norm
    norm.running_mean.normal_(-20.0, 5.0)
    norm.running_var.uniform_(100.0, 400.0)
    tower.save_pretrained(folder / "audio_encoder")
    sound_preprocessing(**changed).save_pretrained(folder / "audio_encoder")
