"""AIMD runs: the segments of a run, and the stride at which it is labelled."""
