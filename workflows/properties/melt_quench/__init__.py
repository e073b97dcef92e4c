"""Melt a framework and quench it: replicas, quench rates, and a verdict on the glass."""
