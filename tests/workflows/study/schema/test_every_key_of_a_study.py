"""Every key of a study file refuses what it cannot take, under its own name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from aiida_zif.workflows.study.file.json_schema import protocol_of_study
from aiida_zif.workflows.study.schema.study_file import SECTIONS
from aiida_zif.workflows.user_input.merging import merged

Wrong = Callable[..., list[Any]]

JUNK: Mapping[str, Any] = {
    "a word": "flapdoodle",
    "below zero": -3,
    "far too large": 10**12,
    "no number": float("nan"),
    "a list": [[1], {}],
    "a section": {"flapdoodle": 1},
    "another unit": "3 kg",
    "an empty text": "",
}

TAKES = {
    ("name", "a word"), ("name", "another unit"), ("seed", "far too large"),
    ("melt_quench.sample_every", "far too large"), ("melt_quench.max_untrusted", "far too large"),
    ("structure.rings.frames", "far too large"), ("structure.pores.frames", "far too large"),
    ("structure.pores.samples", "far too large"), ("states.replicas", "far too large"),
    ("states.snapshots", "far too large"), ("states.decomposition.frames", "far too large"),
    ("resources.md.ranks", "far too large"), ("resources.md.threads", "far too large"),
    ("resources.md.concurrent", "far too large"),
}  # fmt: skip
"""Junk that a key does take: any word as a name, any whole number as a seed or a count."""


def keys_of(values: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield every key of nested sections in dots, sections included."""
    for key, value in values.items():
        yield f"{at}{key}"
        if isinstance(value, Mapping) and value:
            yield from keys_of(value, f"{at}{key}.")


ALL = [
    key
    for key in keys_of(merged({"name": "x"}, protocol_of_study("demo")))
    if key not in ("validate.frames", "validate.curves")
]


def nested(key: str, value: Any) -> dict[str, Any]:
    """A value where a key in dots stands, with the sections that the others need."""
    content: Any = value
    for part in reversed(key.split(".")):
        content = {part: content}
    return merged({name: {} for name in SECTIONS}, content)


@pytest.mark.parametrize(("key", "junk"), [(key, junk) for key in ALL for junk in JUNK if (key, junk) not in TAKES])
def test_a_key_refuses_what_it_cannot_take(wrong: Wrong, key: str, junk: str) -> None:
    problems = wrong(None, **nested(key, JUNK[junk]))
    assert any(problem.field.startswith(key) for problem in problems), [problem.field for problem in problems]


@pytest.mark.parametrize("key", [key for key in ALL if "." in key])
def test_a_misspelt_key_is_refused_with_the_right_one(wrong: Wrong, key: str) -> None:
    section, _, name = key.rpartition(".")
    (problem,) = wrong(None, **nested(f"{section}.{name}x", 1))
    assert problem.field == f"{section}.{name}x"
    assert problem.fix == f"did you mean {name!r}?" or name in problem.allowed
