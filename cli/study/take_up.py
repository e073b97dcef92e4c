"""Take up a study that the profile holds already, or say why it is another one than that of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida_zif.cli.campaign.take_up import refuse_or_note_other

if TYPE_CHECKING:
    from aiida_zif.workflows.study.file.loading import Study


def known_study(study: Study) -> Any:
    """Return the newest study of the same name, settings and models that is running or finished well, if there is one.

    Ends the command if one with other settings is running; says what differs if one has finished well.
    """
    from aiida_zif.provenance.queries.known_study import known_studies

    for known in known_studies(study):
        if not known.differing:
            return known.node
        refuse_or_note_other(study.name, known.node, known.differing, "study")
    return None
