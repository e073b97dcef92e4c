"""Labels: AIMD runs, batches of frames, timings, imports, and reuse of labels of the profile."""
