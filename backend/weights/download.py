"""One file, resumable: what has arrived stays beside the target, and a later run goes on from there.

huggingface_hub's own ``hf_hub_download`` starts a file again when its process was interrupted (since its version 1),
which hurts with files of several GB; its ``http_get`` under it can continue one, with retries and a progress bar.
"""

from pathlib import Path

from huggingface_hub.errors import HTTPError
from huggingface_hub.file_download import http_get

from .failures import SourceFailed, plain_reason
from .remote_file import RemoteFile


def download(file: RemoteFile, target: Path) -> None:
    """Fetch a file to ``target``, unless it is there already; only whole and verified files get that name.

    Raises SourceFailed if the connection ends (the part is kept), or if the content is not what was published (the
    part is deleted).
    """
    if file.is_at(target):
        return
    part = part_of(file, target)
    part.parent.mkdir(parents=True, exist_ok=True)
    _receive(file, part)
    got = file.checksum.of(part)
    if got != file.checksum.value:
        part.unlink()
        raise SourceFailed(
            f"sent a wrong {file.path}: its {file.checksum.kind} checksum is {got}, published is {file.checksum.value}"
        )
    part.replace(target)


def part_of(file: RemoteFile, target: Path) -> Path:
    """Named after the content, so that a part is never continued with another version's bytes."""
    return target.with_name(f"{target.name}.{file.checksum.value[:12]}.part")


def missing_bytes(file: RemoteFile, target: Path) -> int:
    """How many bytes are still to come, judged by sizes alone."""
    if target.is_file() and target.stat().st_size == file.size:
        return 0
    part = part_of(file, target)
    return max(0, file.size - (part.stat().st_size if part.is_file() else 0))


def _receive(file: RemoteFile, part: Path) -> None:
    if part.is_file() and part.stat().st_size > file.size:
        part.unlink()
    # A compressed answer could not be continued at a byte of the content.
    headers = {**file.headers, "Accept-Encoding": "identity"}
    try:
        with part.open("ab") as stream:
            http_get(
                file.url,
                stream,
                resume_size=part.stat().st_size,
                headers=headers,
                expected_size=file.size,
                displayed_filename=file.path,
            )
    except (HTTPError, OSError) as error:
        arrived = part.stat().st_size if part.is_file() else 0
        reason = plain_reason(error)
        if not arrived:
            raise SourceFailed(f"gave nothing of {file.path}: {reason}") from error
        raise SourceFailed(
            f"broke off at {arrived} of {file.size} bytes of {file.path} ({reason}); they are kept, "
            "and the same command goes on from there"
        ) from error
