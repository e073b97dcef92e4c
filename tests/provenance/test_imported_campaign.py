"""A campaign that came in an archive: its nodes have new pks, in any order, and tell the same."""

from __future__ import annotations

from pathlib import Path

from aiida import orm
from synthetic_campaign import SyntheticCampaign

from aiida_zif.provenance.campaigns.view import load_view


def test_steps_come_in_the_order_of_their_days(finished: SyntheticCampaign, tmp_path: Path) -> None:
    from aiida.storage.sqlite_temp import SqliteTempBackend
    from aiida.tools.archive import create_archive, import_archive

    file = tmp_path / "campaign.aiida"
    create_archive([finished.campaign], filename=file)
    storage = SqliteTempBackend(SqliteTempBackend.create_profile("elsewhere"))
    import_archive(file, backend=storage, import_new_extras=True)
    query = orm.QueryBuilder(backend=storage).append(orm.WorkChainNode, filters={"uuid": finished.campaign.uuid})
    (there,) = query.all(flat=True)
    steps = load_view(there).steps
    assert [step.node.uuid for step in steps] == [step.node.uuid for step in load_view(finished.campaign).steps]
    storage.close()
