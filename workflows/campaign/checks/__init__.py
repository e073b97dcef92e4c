"""What is wrong with a campaign file, found before the first label."""
