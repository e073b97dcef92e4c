"""What a campaign knows of itself between cycles, and the names of its children."""
