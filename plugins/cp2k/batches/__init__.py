"""Batches of given frames: their order, gates, recovery, cost and report."""
