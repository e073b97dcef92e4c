"""The campaign file: read, completed and checked."""
