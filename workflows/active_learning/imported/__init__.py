"""Imported labels of a campaign: found, checked, and compared for frames that occur twice."""
