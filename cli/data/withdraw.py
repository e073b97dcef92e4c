"""`withdraw`: exclude imported labels that are wrong from use; their nodes stay in the graph."""

from __future__ import annotations

from typing import Any

import click

from aiida_zif.cli.common.profile import fail, with_profile


@click.command(epilog="Example: aiida-zif withdraw 1234 --reason 'energies are in hartree'")
@click.argument("identifier", metavar="IMPORT")
@click.option("--reason", required=True, help="Reason, stored in the provenance.")
@click.option("--undo", is_flag=True, help="Undo a withdrawal.")
@with_profile
def withdraw(identifier: str, reason: str, undo: bool) -> None:
    """Withdraw the import IMPORT (its PK or UUID, or that of one of its blocks), or undo a withdrawal.

    Campaigns and the search for reusable labels ignore a withdrawn import. Its nodes stay in the graph with the reason.
    `status`, the report and `lineage` of campaigns that were trained on it show the withdrawal.
    """
    from aiida_zif.plugins.data.labelled_frame import FormatError
    from aiida_zif.workflows.labelling import withdrawal
    from aiida_zif.workflows.labelling.known_imports import blocks_of_import

    if not reason.strip() or not " ".join(reason.split()).isprintable():
        fail(f"--reason: {reason!a} found; allowed: printable text; fix: give the reason.")
    call = import_of(identifier)
    try:
        made = (withdrawal.restore if undo else withdrawal.withdraw)(call, " ".join(reason.split()))
    except FormatError as error:
        fail(str(error))
    done = "Undone: the withdrawal of" if undo else "Withdrawn:"
    blocks = blocks_of_import(call)
    n_frames = sum(block.n_frames for block in blocks)
    click.echo(f"{done} import <{call.pk}> of {made['name']}, {n_frames} frames. Recorded as <{made.pk}>.")
    for campaign in withdrawal.campaigns_of(block.uuid for block in blocks):
        click.echo(f"  campaign {campaign.label} <{campaign.pk}> has labels of it")


def import_of(identifier: str) -> Any:
    """Return the import with a PK or UUID, or the import of a block with it."""
    from aiida_zif.workflows.active_learning.imported.reference import ReferenceFault, node_of
    from aiida_zif.workflows.labelling.known_imports import is_import

    try:
        node: Any = node_of(identifier)
    except ReferenceFault as error:
        fail(str(error))
    call = getattr(node, "creator", None) or node
    if not is_import(call) or not call.is_finished_ok:
        found = "nothing in this profile" if node is None else f"a {type(node).__name__}"
        fail(f"{identifier}: {found}; allowed: PK or UUID of an import or of its blocks, as `import` printed it.")
    return call
