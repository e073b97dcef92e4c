"""One code, one format or one kind of data in each folder: jobs, parsers, nodes, readers. No work chains."""

from aiida_zif.plugins.jobs.lost_database import end_with_the_database, in_own_worker
from aiida_zif.plugins.jobs.moved_modules import keep_old_names

if in_own_worker():  # no other place of ours is sure to be reached in a worker
    end_with_the_database()

keep_old_names()
