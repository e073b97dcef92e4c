"""Batches of given frames: order, cost and report."""
