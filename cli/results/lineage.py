"""`lineage`: show the provenance of a model, a block or a frame."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import AS_JSON, emit_json, fail, with_profile


@click.command(epilog="Example: aiida-zif lineage 1234 --depth 3; aiida-zif lineage 78b0c59f20a7bc6e")
@click.argument("what")
@click.option(
    "--depth", type=click.IntRange(min=0), default=None, help="Number of levels below the first. [default: all]"
)
@click.option("--full", is_flag=True, help="Show every model and block, not one of each kind.")
@AS_JSON
@with_profile
def lineage(what: str, depth: int | None, full: bool, as_json: bool) -> None:
    """Show the provenance of WHAT, down to the crystal structure.

    WHAT is a PK or UUID (of a potential, a block, frames, a job, a campaign), the identifier of a frame (16
    hexadecimal digits), or PK:INDEX for a frame in a node. An entry that was shown before is not repeated.
    """
    from aiida_zif.cli.common.console import make_console
    from aiida_zif.cli.results.lineage_tree import draw, places_line
    from aiida_zif.provenance.lineage.ancestry import in_lines, what_stands_behind
    from aiida_zif.provenance.lineage.lookup import find_target
    from aiida_zif.provenance.lineage.trace import trace

    try:
        target = find_target(what)
    except LookupError as error:
        fail(str(error))
    origin, behind = trace(target, depth, full), what_stands_behind(target.node)
    places = [{"pk": place.node.pk, "index": place.index} for place in target.places]
    if as_json:
        emit_json({"what": what, "behind": behind, "places": places, "lineage": origin.as_dict()})
        return
    console = make_console()
    console.print(draw(origin), soft_wrap=True)
    if places:
        console.print(places_line(target), soft_wrap=True)
    for line in in_lines(behind):
        console.print(line, soft_wrap=True, markup=False)
