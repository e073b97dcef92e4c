"""What is said several times with other numbers is said once, with their range."""

from __future__ import annotations

from aiida_zif.provenance.studies.limits import without_repeats


def test_sentences_that_differ_in_numbers_are_one_with_ranges() -> None:
    given = ["S(Q) begins at 0.42 Å.", "One replica.", "S(Q) begins at 0.4 Å.", "S(Q) begins at 0.41 Å."]

    assert without_repeats(given) == ["S(Q) begins at 0.4 to 0.42 Å.", "One replica."]


def test_a_sentence_that_is_said_twice_is_left_as_it_is() -> None:
    assert without_repeats(["Up to 14 metals, 2 frames."] * 2) == ["Up to 14 metals, 2 frames."]
