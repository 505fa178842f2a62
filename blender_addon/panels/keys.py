"""Fingerprints of the keys of an encrypted connection, for two people to compare, and the field for a pasted key."""

from __future__ import annotations

import bpy

from ...shared.fingerprint import fingerprint
from .. import preferences
from ..connection.backend_keys import ShownKeys, shown_keys
from ..link import Link
from .tab import draw_text

_HINT = "Compare them with 'any-to-3d keys list' on the other computer"


def draw_key_file(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What the chosen key file comes to for the address in the preferences; nothing without a key file."""
    path, address = preferences.key_file(), preferences.normalised_address()
    if path is None or not address:
        return
    shown = shown_keys(path, address)
    if shown.problem:
        draw_text(layout, context, shown.problem, "ERROR")
        return
    if shown.is_pasted:
        layout.prop(preferences.get(), "backend_key")
    _draw_fingerprints(layout, context, shown)


def draw_keys_in_use(layout: bpy.types.UILayout, context: bpy.types.Context, link: Link) -> None:
    """Those of the present connection; nothing if there is none, or it is not encrypted."""
    if link.keys is not None:
        own, backend = fingerprint(link.keys.client_public), fingerprint(link.keys.server_public)
        _draw_fingerprints(layout, context, ShownKeys(own, backend))


def _draw_fingerprints(layout: bpy.types.UILayout, context: bpy.types.Context, shown: ShownKeys) -> None:
    draw_text(layout, context, f"This client: {shown.own}", "KEYINGSET")
    draw_text(layout, context, f"Backend: {shown.backend or 'not known yet'}", "KEYINGSET")
    draw_text(layout, context, _HINT, "BLANK1")
