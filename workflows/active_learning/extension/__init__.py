"""A campaign that goes on: a new process that begins with data set, committee and verdict of one that has ended."""
