"""Files of users: YAML, quantities with units, problems with field, found, allowed and fix."""
