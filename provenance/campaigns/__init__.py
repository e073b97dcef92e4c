"""A campaign as a list of steps (``view``), and what is derived from it: summary, progress, verdict, utilisation."""
