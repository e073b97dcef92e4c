"""Files of users: YAML, quantities with units, problems in words."""
