"""What can keep weights from being fetched; all are OSErrors, which the command prints as one sentence."""


class FetchFailed(OSError):
    """The weights could not be fetched; the message says why and what to do."""


class SourceFailed(FetchFailed):
    """One source did not give what was asked; another one may."""


class NotEnoughDisk(FetchFailed):
    """There is too little room, whatever the source."""


def plain_reason(error: Exception) -> str:
    """A library's error in one line, without the address of its manual."""
    return " ".join(str(error).split()).partition(" For more information")[0] or type(error).__name__
