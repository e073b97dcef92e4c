"""What the verbs do with a study."""
