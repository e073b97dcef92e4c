"""Labels by CP2K: levels of theory, inputs and outputs, batches of frames, AIMD."""
