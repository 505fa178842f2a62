"""A hub of tiny networks, and huggingface_hub told to ask it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_hub import Hub, Repository, fake_hub
from published_files import clip_files, zero123_files


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """With the default repositories of clip and zero123; retries do not wait."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("ANY_TO_3D_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    # Bytes are written in blocks of this size; those of an unfinished block are lost with the connection.
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    with fake_hub() as hub:
        ask(hub.address, monkeypatch)
        clip = Repository(clip_files(), commit="1c2b8495b28150b8a4922ee1c8edee224c284c0c")
        zero123 = Repository(zero123_files(), commit="10e9e8e75adaa3bf77f5ac9c381419016fed68c7")
        hub.repositories["laion/CLIP-ViT-H-14-laion2B-s32B-b79K"] = clip
        hub.repositories["ashawkey/zero123-xl-diffusers"] = zero123
        yield hub


def ask(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As HF_ENDPOINT does, which huggingface_hub reads when it is imported."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address + template)


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    ask("http://127.0.0.1:9", monkeypatch)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"
