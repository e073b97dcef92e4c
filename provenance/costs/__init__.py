"""Times of finished jobs (``measured``), and the estimated cost of a campaign (``estimate``)."""
