"""Records: what one part writes another reads, older definitions included."""

from __future__ import annotations

from typing import Any

import pytest

from aiida_zif.plugins.data.record import Record, RecordError


class Cost(Record):
    """What a job took."""

    schema_number = 2

    seconds: float
    stages: tuple[str, ...] = ()

    @classmethod
    def upgraded(cls, content: dict[str, Any], number: int) -> dict[str, Any]:
        if number < 2:
            content["seconds"] = 60.0 * content.pop("minutes")
        return content


def test_a_record_comes_back_as_it_was_written() -> None:
    cost = Cost(seconds=1.5, stages=("label", "train"))
    assert cost.as_dict() == {"schema": 2, "seconds": 1.5, "stages": ["label", "train"]}
    assert Cost.from_dict(cost.as_dict()) == cost


def test_an_older_record_is_read() -> None:
    assert Cost.from_dict({"minutes": 2.0}).seconds == 120.0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"schema": 3, "seconds": 1.0}, "found schema 3, allowed is up to 2; fix: update aiida-zif"),
        ({"schema": 2, "seconds": 1.0, "minutes": 2.0}, "minutes"),
        ({"schema": 2, "seconds": "long"}, "seconds"),
    ],
)
def test_what_is_no_such_record_is_refused(content: dict[str, Any], words: str) -> None:
    with pytest.raises(RecordError, match=words):
        Cost.from_dict(content)
