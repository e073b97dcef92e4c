"""Commands that set up a profile and maintain it: daemon, backup, clean-up, doctor."""
