"""What a value that somebody gives may be, and how it is refused: quantities, models, words of both."""
