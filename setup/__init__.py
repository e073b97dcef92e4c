"""From a bare machine to a working profile: environment, profiles, computers, codes, daemon, backup, doctor.

``demo.sh``, ``test.sh`` and ``test-hpc.sh`` are the commands for users; ``lib.sh`` holds what they share.
"""
