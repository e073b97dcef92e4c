"""Two storages side by side: what is the same, and what is told when it is not."""

from __future__ import annotations

from aiida_zif.setup.profile.comparison import MISSING, aligned, differing, file_keys


def test_rows_of_two_sequences_meet_by_their_key() -> None:
    left, right = [("a", 1), ("b", 2), ("d", 4)], [("b", 2), ("c", 3), ("d", 5)]
    assert list(aligned(left, right)) == [
        ("a", ("a", 1), None),
        ("b", ("b", 2), ("b", 2)),
        ("c", None, ("c", 3)),
        ("d", ("d", 4), ("d", 5)),
    ]


def test_nothing_beside_nothing_is_nothing() -> None:
    assert list(aligned([], [])) == []


def test_a_number_is_the_same_however_it_is_written() -> None:
    assert list(differing({"a": [1.0, 1e20]}, {"a": [1, 10**20]})) == []


def test_the_path_of_what_differs_is_told() -> None:
    one, other = {"a": {"b": 1, "c": [1, 2]}, "d": None}, {"a": {"b": 2, "c": [1, 2]}}
    assert list(differing(one, other)) == [(("a", "b"), 1, 2), (("d",), None, MISSING)]


def test_files_are_found_in_every_folder_of_a_node() -> None:
    tree = {"o": {"x.npy": {"k": "one"}, "folder": {"o": {"y.npy": {"k": "two"}, "empty": {}}}}}
    assert list(file_keys(tree)) == ["one", "two"]
    assert list(file_keys({})) == []
