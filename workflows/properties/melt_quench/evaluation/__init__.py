"""From curves and frames to what a melt-quench reports: states, transitions, checks, verdict (no AiiDA)."""
