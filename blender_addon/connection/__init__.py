"""Where the backend is, how it is started and looked after, and why it cannot be reached."""
