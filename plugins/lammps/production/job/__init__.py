"""What a job of production MD consists of: the driver's configuration, and the lines of its script."""
