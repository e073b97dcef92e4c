"""Files of users: YAML, merged with defaults, problems by line."""
