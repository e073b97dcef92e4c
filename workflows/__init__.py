"""Which step follows which, and why."""

from aiida_zif.plugins.jobs.moved_modules import keep_old_names

keep_old_names()
