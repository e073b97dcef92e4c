"""Verdict of a cycle: criteria, confidence, calibration."""
