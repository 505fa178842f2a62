"""What a hub repository holds, by huggingface_hub: its files, their sizes and their published checksums.

Endpoint, token, proxy and offline mode are huggingface_hub's own: HF_ENDPOINT, HF_TOKEN or ``hf auth login``,
HTTPS_PROXY, HF_HUB_OFFLINE.
"""

import re
from dataclasses import dataclass

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers

from .failures import SourceFailed, plain_reason
from .known_models import HubRepository
from .remote_file import Checksum, RemoteFile


@dataclass(frozen=True)
class Listing:
    """All files of one commit."""

    commit: str
    files: tuple[RemoteFile, ...]


def list_repository(source: HubRepository) -> Listing:
    """Raises SourceFailed saying whether the repository, the revision, the permission or the network is missing."""
    api = HfApi()
    try:
        commit = _commit(api, source)
        entries = list(api.list_repo_tree(source.repository, recursive=True, revision=commit))
    except GatedRepoError as error:
        raise SourceFailed(
            "is only for those who accepted its terms: do so on its page, then run 'hf auth login'"
        ) from error
    except RepositoryNotFoundError as error:
        raise SourceFailed("has no such repository, or one that your token may not read") from error
    except RevisionNotFoundError as error:
        raise SourceFailed(f"has no revision {source.revision!r}") from error
    except (HTTPError, OSError) as error:
        raise SourceFailed(f"cannot be reached: {plain_reason(error)}") from error
    files = (_remote_file(source.repository, commit, entry) for entry in entries if isinstance(entry, RepoFile))
    return Listing(commit, tuple(files))


def _commit(api: HfApi, source: HubRepository) -> str:
    if re.fullmatch("[0-9a-f]{40}", source.revision):
        return source.revision
    commit = api.model_info(source.repository, revision=source.revision).sha
    if commit is None:
        raise SourceFailed(f"does not say which commit {source.revision!r} is")
    return commit


def _remote_file(repository: str, commit: str, entry: RepoFile) -> RemoteFile:
    """Large files are known by the SHA-256 of their content, small ones by git's own hash."""
    checksum = Checksum("git", entry.blob_id) if entry.lfs is None else Checksum("sha256", entry.lfs.sha256)
    url = hf_hub_url(repository, entry.path, revision=commit)
    return RemoteFile(entry.path, url, entry.size, checksum, build_hf_headers())
