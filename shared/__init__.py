"""What both sides of the wire agree on: messages, meshes, conventions. Only the standard library and numpy."""

PROTOCOL_VERSION = "1.5"
"""major.minor. Minor: a new optional field, or event for those who ask. Major: refused, with both versions named."""
