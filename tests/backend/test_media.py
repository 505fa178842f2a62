"""Pictures and sounds from outside, decoded with limits."""

import io
import struct
import zlib

import numpy as np
import pytest
import soundfile
import torch
from any_to_3d.backend.media import MAX_SIDE, decode_picture, decode_sound, encode_picture
from PIL import Image


def png(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def wav(samples: np.ndarray, rate: int = 16_000, kind: str = "WAV") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind)
    return buffer.getvalue()


def test_a_picture_is_read_row_by_row_from_the_top_in_0_to_1() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 2] = (255, 51, 0)
    decoded = decode_picture(png(Image.fromarray(pixels)))
    assert decoded.shape == (4, 2, 3)
    assert torch.allclose(decoded[:, 0, 2], torch.tensor([1.0, 0.2, 0.0, 1.0]))
    assert decoded[:3].sum() == pytest.approx(1.2)


def test_transparency_stays_beside_the_colour_that_it_hides() -> None:
    image = Image.new("RGBA", (1, 1), (255, 0, 51, 128))
    assert decode_picture(png(image))[:, 0, 0].tolist() == pytest.approx([1.0, 0.0, 0.2, 128 / 255])


def test_a_written_picture_is_read_back_smaller_with_its_proportions() -> None:
    pixels = torch.zeros(3, 20, 40)
    pixels[0] = 1.0
    again = decode_picture(encode_picture(pixels, largest_side=10))
    assert again.shape == (4, 5, 10)
    assert again[:, 2, 5].tolist() == [1.0, 0.0, 0.0, 1.0]


def test_a_picture_is_turned_upright_as_its_camera_says() -> None:
    image = Image.fromarray(np.array([[[255, 0, 0], [0, 0, 0]]], np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    decoded = decode_picture(png(image, exif=exif))
    assert decoded.shape == (4, 2, 1)
    assert decoded[0, 0, 0] == 1.0


def test_grey_and_palette_pictures_are_read_too() -> None:
    for mode in ("L", "P", "1", "LA"):
        assert decode_picture(png(Image.new(mode, (2, 2)))).shape == (4, 2, 2)


def test_a_large_picture_is_shrunk() -> None:
    assert decode_picture(png(Image.new("RGB", (4096, 64)))).shape == (4, 32, MAX_SIDE)


def test_a_picture_that_would_unfold_to_gigabytes_is_refused_from_its_header() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    with pytest.raises(ValueError, match=r"image prompt cannot be read|at most 40,000,000 are allowed"):
        decode_picture(bomb)


def test_too_many_pixels_are_named() -> None:
    with pytest.raises(ValueError, match="7000 x 7000 pixels; at most 40,000,000"):
        decode_picture(png(Image.new("1", (7000, 7000))))


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_refused_with_what_is_allowed(data: bytes) -> None:
    with pytest.raises(ValueError, match="allowed are PNG, JPEG, WEBP"):
        decode_picture(data)


def test_a_cut_off_picture_is_refused() -> None:
    whole = png(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)))
    with pytest.raises(ValueError, match="image prompt cannot be read"):
        decode_picture(whole[: len(whole) // 2])


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_a_sound_is_mixed_to_mono(kind: str) -> None:
    tone = np.sin(np.arange(16_000) / 10)
    waveform, rate = decode_sound(wav(np.stack([tone * 0.5, tone * 0.1], axis=1), kind=kind))
    assert (rate, waveform.dtype, waveform.shape) == (16_000, torch.float32, (16_000,))
    assert waveform.abs().max() == pytest.approx(0.3, abs=0.05)


def test_a_sound_that_is_too_long_is_named_with_the_limit() -> None:
    with pytest.raises(ValueError, match="lasts 61 s; at most 60 s are allowed"):
        decode_sound(wav(np.full(61 * 4000, 0.1), rate=4000))


def test_silence_and_garbage_are_refused() -> None:
    with pytest.raises(ValueError, match="empty or silent"):
        decode_sound(wav(np.zeros(1000)))
    with pytest.raises(ValueError, match="allowed are WAV, FLAC, OGG and MP3"):
        decode_sound(b"RIFF....WAVE nothing")
    with pytest.raises(ValueError, match=r"cannot be read \([^<>]+\); allowed are WAV"):
        decode_sound(b"RIFF....WAVE nothing")


def test_a_sound_of_hundreds_of_channels_is_refused_from_its_header() -> None:
    with pytest.raises(ValueError, match="has 255 channels; at most 8 are allowed"):
        decode_sound(wav(np.full((10, 255), 0.1)))


def test_an_absurd_sample_rate_is_refused_from_the_header() -> None:
    tone = bytearray(wav(np.sin(np.arange(100) / 5)))
    tone[24:28] = (2**31 - 1).to_bytes(4, "little")
    with pytest.raises(ValueError, match="2147483647 samples a second; allowed is 4000 to 192000"):
        decode_sound(bytes(tone))


def test_only_the_named_kinds_of_sound_reach_the_library() -> None:
    with pytest.raises(ValueError, match="allowed are WAV, FLAC, OGG and MP3"):
        decode_sound(wav(np.sin(np.arange(100) / 5), kind="AIFF"))


def test_a_minute_of_compressed_silence_unfolds_by_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight channels of a minute would be 369 MB at once; no read asks for more than a second of them."""
    asked: list[int] = []
    read = soundfile.SoundFile.read

    def spied(file: soundfile.SoundFile, frames: int, **options: object) -> np.ndarray:
        asked.append(frames)
        return read(file, frames, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", spied)
    decode_sound(wav(np.full((30 * 8000, 8), 0.1), 8000, "FLAC"))
    assert max(asked) == 8000


def test_only_the_first_frame_of_an_animation_is_decoded() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        decoded = decode_picture(png(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True))
        assert decoded.shape == (4, 4, 4)
        assert decoded[:3, 0, 0].tolist() == pytest.approx([1.0, 0.0, 0.0], abs=0.02)


def test_a_text_of_a_png_that_unfolds_to_gigabytes_is_refused() -> None:
    content = b"comment\0\0" + zlib.compress(bytes(2**27))
    chunk = struct.pack(">I", len(content)) + b"zTXt" + content + struct.pack(">I", zlib.crc32(b"zTXt" + content))
    whole = png(Image.new("RGB", (2, 2)))
    with pytest.raises(ValueError, match=r"image prompt cannot be read \(.+\); allowed are PNG"):
        decode_picture(whole[:33] + chunk + whole[33:])


def test_whatever_a_codec_raises_is_told_as_an_unreadable_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_: object) -> None:
        raise IndexError("tuple index out of range")

    monkeypatch.setattr("PIL.ImageOps.exif_transpose", damaged)
    with pytest.raises(ValueError, match=r"cannot be read \(tuple index out of range\); allowed are PNG"):
        decode_picture(png(Image.new("RGB", (2, 2))))
