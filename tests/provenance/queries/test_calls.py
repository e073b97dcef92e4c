"""What a campaign did is read in a few queries, however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from aiida import orm
from aiida.manage import get_manager
from sqlalchemy import event
from synthetic_campaign import SyntheticCampaign

from aiida_zif.cli.results.status_table import rows_of
from aiida_zif.provenance.campaigns.progress import expected_remaining_s
from aiida_zif.provenance.campaigns.summary import summarise
from aiida_zif.provenance.campaigns.view import load_view
from aiida_zif.provenance.queries.calls import called_by, inputs_of, plain_outputs, retrieved_texts


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that reach the database."""
    statements: list[str] = []
    engine = get_manager().get_profile_storage().get_session().get_bind()

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def statements_for(node: orm.WorkChainNode) -> int:
    """The number of statements that the table of a campaign takes."""
    with counted() as statements:
        view = load_view(node)
        rows_of(view, summarise(view))
        expected_remaining_s(view)
    return len(statements)


def test_the_table_of_many_cycles_takes_hardly_more_queries_than_that_of_few(
    finished: SyntheticCampaign, tmp_path: Path
) -> None:
    longer = SyntheticCampaign(tmp_path, rng=np.random.default_rng(8)).run(cycles=4)
    few, many = (statements_for(node) for node in (finished.campaign, longer))
    assert many <= few + 3 * (4 - 2)


def test_the_same_is_read_as_node_by_node(finished: SyntheticCampaign) -> None:
    campaign, pk = finished.campaign, int(finished.campaign.pk or 0)
    calls = called_by([pk])[pk]
    assert {call.pk for call in calls} == {child.pk for child in campaign.called}
    assert {call.is_running for call in calls} == {False}
    judges = [call for call in calls if call.node.process_label == "judge"]
    states = {call.pk: call.node.outputs.result.get_dict() for call in judges}
    assert plain_outputs(states, ["result"]) == states
    (name,) = {link.link_label for link in campaign.base.links.get_incoming().all() if "systems" in link.link_label}
    assert inputs_of([pk], "systems")[pk].keys() == {name.removeprefix("systems__")}


def test_of_nothing_nothing_is_read() -> None:
    assert called_by([]) == {}
    assert plain_outputs([], ["report"]) == {}
    assert inputs_of([], "dataset") == {}
    assert retrieved_texts([], "clock") == {}
