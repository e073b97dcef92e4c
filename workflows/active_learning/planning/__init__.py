"""From the settings to the inputs of every step."""
