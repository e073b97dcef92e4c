"""How one code or one kind of datum is driven; knows nothing of the work chains above it."""

from aiida_zif.plugins.jobs.lost_database import end_with_the_database, in_own_worker
from aiida_zif.plugins.jobs.moved_modules import keep_old_names

if in_own_worker():  # no other place of ours is sure to be reached in a worker
    end_with_the_database()

keep_old_names()
