"""The licences that a backend states, and whether the artist has read them. Pure."""

from __future__ import annotations

import hashlib

from ...shared.messages import ModelLicence
from ..state import Session


def stated(session: Session) -> tuple[ModelLicence, ...]:
    """Of the connected backend's networks; none for networks that it trained itself."""
    return session.backend.licences if session.backend else ()


def mark_of(licences: tuple[ModelLicence, ...]) -> str:
    """A short text that changes whenever the licences do; what the preferences keep once they were read."""
    if not licences:
        return ""
    whole = "\n".join(f"{each.model}|{each.licence}|{each.meaning}" for each in licences)
    return hashlib.sha256(whole.encode("utf-8")).hexdigest()[:16]


def are_unread(session: Session, mark: str) -> bool:
    """Whether this backend states licences that ``mark`` does not stand for."""
    return bool(stated(session)) and mark_of(stated(session)) != mark


def lines(licences: tuple[ModelLicence, ...]) -> list[str]:
    """A sentence for each, those that forbid commercial use first."""
    ordered = sorted(licences, key=lambda each: not each.forbids_commercial_use)
    return [f"{each.model}: {each.licence}. {each.meaning[:1].upper()}{each.meaning[1:]}." for each in ordered]
