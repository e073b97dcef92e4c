"""`withdraw`: labels from elsewhere that turned out wrong stay in the graph and are used no more."""

from __future__ import annotations

from typing import Any

import click

from aiida_zif.cli.common.profile import fail, with_profile


@click.command(epilog="Example: aiida-zif withdraw 1234 --reason 'energies are in hartree'")
@click.argument("identifier", metavar="IMPORT")
@click.option("--reason", required=True, help="Why, in a few words; kept in the provenance.")
@click.option("--undo", is_flag=True, help="Take the withdrawal back.")
@with_profile
def withdraw(identifier: str, reason: str, undo: bool) -> None:
    """Withdraw the import IMPORT (its pk or UUID, or that of one of its blocks), or take that back.

    Campaigns, and the search for labels that are there already, do not find a withdrawn import. It stays in the graph
    with the reason, and campaigns that learnt from it say so.
    """
    from aiida_zif.plugins.data.labelled_frame import FormatError
    from aiida_zif.workflows.labelling import withdrawal
    from aiida_zif.workflows.labelling.known_imports import blocks_of_import

    if not reason.strip() or not " ".join(reason.split()).isprintable():
        fail(f"--reason: {reason!a} found; allowed are a few printable words; fix: say why, for later readers.")
    call = import_of(identifier)
    try:
        made = (withdrawal.restore if undo else withdrawal.withdraw)(call, " ".join(reason.split()))
    except FormatError as error:
        fail(str(error))
    done = "Taken back: the withdrawal of" if undo else "Withdrawn:"
    blocks = blocks_of_import(call)
    n_frames = sum(block.n_frames for block in blocks)
    click.echo(f"{done} import <{call.pk}> of {made['name']}, {n_frames} frames. Recorded as <{made.pk}>.")
    for campaign in withdrawal.campaigns_of(block.uuid for block in blocks):
        click.echo(f"  campaign {campaign.label} <{campaign.pk}> has labels of it")


def import_of(identifier: str) -> Any:
    """Return the import of a pk or UUID, of its own or of a block of it."""
    from aiida_zif.workflows.active_learning.imported.reference import ReferenceFault, node_of
    from aiida_zif.workflows.labelling.known_imports import is_import

    try:
        node: Any = node_of(identifier)
    except ReferenceFault as error:
        fail(str(error))
    call = getattr(node, "creator", None) or node
    if not is_import(call) or not call.is_finished_ok:
        found = "nothing in this profile" if node is None else f"a {type(node).__name__}"
        fail(f"{identifier}: {found}; allowed: pk or UUID of an import or of a block of one, as `import` printed it.")
    return call
