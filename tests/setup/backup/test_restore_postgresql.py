"""How a dump of PostgreSQL is cut into statements and rows."""

from __future__ import annotations

import io

import pytest

from aiida_zif.setup.backup.restore_postgresql import COPY, Rows, statements_of

DUMP = """\
--
-- PostgreSQL database dump
--

\\restrict a1B2
SET client_encoding = 'UTF8';
CREATE TABLE public.db_dbnode (
    id integer NOT NULL, -- of the node
    uuid text
);
COPY public.db_dbnode (id, uuid) FROM stdin;
1\ta
2\t\\N
\\.


-- Name: other
COPY public."order" (id) FROM stdin;
\\.

ALTER TABLE ONLY public.db_dbnode ADD CONSTRAINT one PRIMARY KEY (id);
\\unrestrict a1B2
"""


def cut(dump: str) -> list[str]:
    """Return the parts of a dump, as a reader takes them that reads rows where it must."""
    text = io.StringIO(dump)
    parts = []
    for part in statements_of(text):
        parts.append(part)
        if COPY.fullmatch(part):
            parts.append(Rows(text).read())
    return parts


def test_rows_are_told_from_statements() -> None:
    statements, copy, rows, other, nothing, last = cut(DUMP)
    assert statements.startswith("SET client_encoding")
    assert "-- of the node" in statements
    assert copy == "COPY public.db_dbnode (id, uuid) FROM stdin;\n"
    assert rows == "1\ta\n2\t\\N\n"
    assert other == 'COPY public."order" (id) FROM stdin;\n'
    assert nothing == ""
    assert last.strip() == "ALTER TABLE ONLY public.db_dbnode ADD CONSTRAINT one PRIMARY KEY (id);"


def test_a_command_of_psql_stays_where_the_server_refuses_it() -> None:
    assert "\\! touch /tmp/x" in "".join(cut(DUMP + "\\! touch /tmp/x\n"))


@pytest.mark.parametrize("size", [1, 3, 7, 1000, -1, None])
def test_rows_come_in_pieces_of_any_size(size: int | None) -> None:
    text = io.StringIO("12\n3456\n\n7\n\\.\nSELECT 1;\n")
    rows, pieces = Rows(text), []
    while piece := rows.read(size):
        assert size is None or size < 0 or len(piece) <= size
        pieces.append(piece)
    assert "".join(pieces) == "12\n3456\n\n7\n"
    assert text.read() == "SELECT 1;\n"


def test_rows_that_are_cut_off_end_with_the_file() -> None:
    assert Rows(io.StringIO("1\n2")).read() == "1\n2"
