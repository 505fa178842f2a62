"""What both sides of the wire agree on: messages, meshes, conventions. Only the standard library and numpy."""

PROTOCOL_VERSION = "1.0"
"""major.minor. Minor: a new optional field, ignored if unknown. Major: refused, with both versions named."""
