"""All seeds, derived from the seed of the campaign (no AiiDA)."""

from __future__ import annotations

import hashlib

SEED_LIMIT = 2**31 - 1
"""Exclusive upper bound; the codes read seeds as signed 32-bit integers, LAMMPS wants them positive."""


def derive_seed(root: int, purpose: str, *indices: int | str) -> int:
    """Return a seed that depends on nothing but its arguments, on every machine and in every version.

    :param root: the campaign's seed.
    :param purpose: what it is for, such as ``train``.
    :param indices: iteration, member, system … in any number.
    :returns: an integer from 1 to 2^31 - 2.
    """
    key = "\x1f".join([str(root), purpose, *map(str, indices)])
    digest = hashlib.sha256(key.encode()).digest()
    return 1 + int.from_bytes(digest[:8], "big") % (SEED_LIMIT - 1)
