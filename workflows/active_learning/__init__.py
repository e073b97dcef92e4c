"""The loop of active learning."""
