"""What jobs of exploration and of production share: inputs and their checks, shell lines, reading of their files."""
