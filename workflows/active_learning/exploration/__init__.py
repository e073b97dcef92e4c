"""Starting frames of explorations, and the work chain that runs them."""
