"""Neighbours in one periodic frame, fast enough to be looked up in every frame of a trajectory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import product

import numpy as np

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]

LONGEST_BOND = 3.0
"""Å; no bond of a linker is that long, however it is stretched."""


def heights(cell: np.ndarray) -> np.ndarray:
    """Distances between opposite faces in Å, shape (3,); the columns of the inverse are the reciprocal vectors."""
    return np.asarray(1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0))


def close_pairs(positions: np.ndarray, cell: np.ndarray, cutoff: float) -> Pairs:
    """Return every pair of atoms closer than ``cutoff``, each once.

    Atoms are sorted along the thickest direction, so that only those in a slab as thick as the cut-off are compared.
    Rounding fractional differences finds the nearest image of every pair closer than half the smallest height; in a
    cell that is thinner, all images are visited, and an atom may be close to its own.

    :param positions: Å, shape (n, 3).
    :param cell: lattice vectors as rows, Å, shape (3, 3).
    :returns: first atoms, second atoms and distances in Å, each of shape (m,).
    """
    fractional = positions @ np.linalg.inv(cell)
    fractional -= np.floor(fractional)
    thickness = heights(cell)
    if 2 * cutoff >= thickness.min():
        return _close_images(fractional, cell, cutoff)
    sweep, *others = np.argsort(-thickness)
    order = np.argsort(fractional[:, sweep])
    fractional = fractional[order]
    along, number = fractional[:, sweep], np.arange(len(order))
    reach = along + min(cutoff / thickness[sweep], 0.5)
    partners = np.searchsorted(np.concatenate([along, along + 1.0]), reach, side="right") - number - 1
    first = np.repeat(number, partners)
    second = (np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners) + first + 1) % len(order)
    for axis in others:
        apart = fractional[first, axis] - fractional[second, axis]
        near = np.abs(apart - np.rint(apart)) < cutoff / thickness[axis]
        first, second = first[near], second[near]
    apart = fractional[first] - fractional[second]
    distance = np.linalg.norm((apart - np.rint(apart)) @ cell, axis=1)
    near = distance < cutoff
    return order[first[near]], order[second[near]], distance[near]


def _close_images(fractional: np.ndarray, cell: np.ndarray, cutoff: float) -> Pairs:
    """Return what :func:`close_pairs` does, in a cell of any thickness; a pair is as often there as it has images."""
    first, second = np.triu_indices(len(fractional))
    apart = fractional[first] - fractional[second]
    apart -= np.rint(apart)
    owners, found = [], []
    for shift in _shifts(cell, cutoff):
        distance = np.linalg.norm((apart + shift) @ cell, axis=1)
        # an atom meets each of its images twice, in opposite directions
        near = np.flatnonzero((distance < cutoff) & ((first != second) | (shift > (0, 0, 0))))
        owners.append(near)
        found.append(distance[near])
    kept = np.concatenate(owners)
    return first[kept], second[kept], np.concatenate(found)


def distances_of(positions: np.ndarray, cell: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the distance of given pairs of atoms to each other's nearest image in Å, shape (m,).

    It is exact up to :data:`LONGEST_BOND`; what is farther apart may be found farther still in a thin cell.

    :param pairs: indices, shape (m, 2).
    """
    apart = (positions[pairs[:, 0]] - positions[pairs[:, 1]]) @ np.linalg.inv(cell)
    apart -= np.rint(apart)
    images = (np.linalg.norm((apart + shift) @ cell, axis=1) for shift in _shifts(cell, LONGEST_BOND))
    return np.asarray(reduce(np.minimum, images))


def _shifts(cell: np.ndarray, reach: float) -> Iterator[tuple[int, ...]]:
    """Images to visit around fractional differences in [-1/2, 1/2] for every pair closer than ``reach``, Å."""
    limits = np.floor(reach / heights(cell) + 0.5 - 1e-9).astype(int)
    return product(*(range(-limit, limit + 1) for limit in limits))


def surroundings(
    positions: np.ndarray, cell: np.ndarray, centres: np.ndarray, others: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return all atoms, images included, within ``reach`` of some centres.

    Reduced to the nearest image, fractional differences lie in [-1/2, 1/2], which bounds the images to visit.

    :param centres: indices, shape (c,).
    :param others: indices, shape (o,); a centre is no neighbour of itself, but of its images.
    :returns: for each neighbour the place of its centre in ``centres`` and the distance in Å, shapes (m,).
    """
    fractional = positions @ np.linalg.inv(cell)
    apart = fractional[centres][:, None] - fractional[others][None, :]
    apart -= np.rint(apart)
    owners, found = [], []
    for shift in _shifts(cell, reach):
        distance = np.linalg.norm((apart + shift) @ cell, axis=2)
        near = distance < reach
        if not any(shift):
            near &= centres[:, None] != others[None, :]
        owners.append(np.nonzero(near)[0])
        found.append(distance[near])
    return np.concatenate(owners), np.concatenate(found)
