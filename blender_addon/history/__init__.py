"""What was generated in a file, kept in the .blend."""
