"""How one code or one kind of datum is driven; knows nothing of the work chains above it."""

from aiida_zif.plugins.lost_database import end_with_the_database, in_worker

if in_worker():  # of which nobody else could be told
    end_with_the_database()
