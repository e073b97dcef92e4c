"""Protocols: settings that a campaign file need not say."""
