"""Where structures come from."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from aiida_zif.plugins.systems import available_systems
from aiida_zif.plugins.systems.sources import as_node_source, identifiers, record_of

CIF = b"data_x\r\n_journal_paper_doi '10.1000/abc'\r\n_database_code_CSD ABCDEF\r\n_cod_database_code ?\r\n"


@pytest.mark.parametrize("name", available_systems())
def test_what_ships_states_source_licence_and_citation(name: str) -> None:
    record = record_of(name, Path(), {})
    assert record["licence"] == "CC-BY-4.0"
    assert "10.1021/" in record["citation"][0]
    assert record["changes"]
    assert all("\n" not in text for text in [record["source"], *record["citation"]])


def test_a_file_is_known_by_name_and_checksum_and_says_what_nobody_stated(tmp_path: Path) -> None:
    (tmp_path / "mine.cif").write_bytes(CIF)
    record = record_of("mine.cif", tmp_path, {})
    assert record["structure"] == "file mine.cif"
    assert record["sha256"] == hashlib.sha256(CIF).hexdigest()
    assert (record["source"], record["licence"], record["citation"]) == ("not stated", "not stated", [])


def test_what_a_cif_says_of_itself_is_kept_and_question_marks_are_not(tmp_path: Path) -> None:
    (tmp_path / "mine.cif").write_bytes(CIF)
    found = record_of("mine.cif", tmp_path, {})["stated_in_file"]
    assert found == {"_journal_paper_doi": "10.1000/abc", "_database_code_csd": "ABCDEF"}


def test_what_a_user_declares_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "mine.cif").write_bytes(CIF)
    record = record_of("mine.cif", tmp_path, {"licence": "CC0-1.0", "citation": "A.  B.,\n2020", "source": "our lab"})
    assert (record["licence"], record["citation"], record["source"]) == ("CC0-1.0", ["A. B., 2020"], "our lab")


def test_a_node_names_whom_to_cite_beside_the_licence() -> None:
    source = as_node_source(record_of("zif-4", Path(), {}))
    assert source["license"] == "CC-BY-4.0"
    assert "10.1021/acs.jced.9b00835" in source["description"]
    assert source["extras"]["licence"] == "CC-BY-4.0"


@pytest.mark.parametrize("text", ["\n" * 10**6, "_citation_doi" + " " * 10**6, "_database_code_" * 10**5])
def test_a_hostile_file_is_searched_at_once(text: str) -> None:
    begin = time.process_time()
    assert identifiers(text) == {}
    assert time.process_time() - begin < 60.0  # tenths of a second, where going back at every character takes days
