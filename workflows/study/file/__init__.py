"""The study file: read, completed and checked, and what it asks for."""
