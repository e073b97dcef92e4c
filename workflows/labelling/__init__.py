"""Labels: AIMD runs, batches of frames, timings, imports, and what is known already."""
