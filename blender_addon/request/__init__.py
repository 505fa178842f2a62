"""From what the artist filled in to the message that asks for objects."""
