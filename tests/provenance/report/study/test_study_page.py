"""The page of a study."""

from __future__ import annotations

from pathlib import Path

from aiida_zif.provenance.report.page import write_report
from aiida_zif.provenance.studies.view import StudyView


def test_x(study_view: StudyView) -> None:
    write_report(study_view, Path("/tmp/rep/report.html"))
