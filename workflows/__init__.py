"""Work chains (the order of the steps) and the campaign file."""

from aiida_zif.plugins.jobs.moved_modules import keep_old_names

keep_old_names()
