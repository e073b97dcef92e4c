"""What finished jobs took, and what a campaign will take."""
