"""AIMD runs in segments: how a run is cut and at which stride it is labelled."""
