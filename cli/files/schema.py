"""`schema`: what editors check a file with."""

from __future__ import annotations

import click

from aiida_zif.cli.common.profile import emit_json, with_debug


@click.command(epilog="Example: aiida-zif schema study > study.schema.json")
@click.argument("kind", type=click.Choice(["campaign", "study"]), default="campaign", required=False)
@with_debug
def schema(kind: str) -> None:
    """Print the JSON schema of the campaign file, or of the study file; editors complete and check with it."""
    from aiida_zif.workflows.campaign.json_schema import campaign_json_schema
    from aiida_zif.workflows.study.file.json_schema import study_json_schema

    emit_json(study_json_schema() if kind == "study" else campaign_json_schema())
