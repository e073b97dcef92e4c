"""Which explored frames are worth a label."""
