"""What every command shares: profile, console, terminal."""
