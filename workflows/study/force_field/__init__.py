"""The force field of a study, found in the profile."""
