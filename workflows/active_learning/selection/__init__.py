"""Selection of explored frames, and the number of labels of each system."""
