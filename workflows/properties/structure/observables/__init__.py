"""What is measured of the frames of one replica, one module a kind of cost."""
