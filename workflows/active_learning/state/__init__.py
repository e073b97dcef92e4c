"""State of a campaign between cycles: curriculum, quarantine of systems; and the names of its child processes."""
