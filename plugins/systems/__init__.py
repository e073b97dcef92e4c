"""Crystal structures that ship with the project, each with its literature source."""
