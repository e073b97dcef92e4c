"""Where explorations start, and the work chain that runs them."""
