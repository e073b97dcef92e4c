"""The verbs of campaign and study files: check, run, watch, schema."""
