"""What a study found, in numbers and words (no AiiDA)."""

from __future__ import annotations

from typing import Literal

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Entry, Report

SectionName = Literal["melt_quench", "structure", "states", "validation"]


class SectionEnd(Entry):
    """How one section ended for one system.

    :param state: what was analysed, such as ``glass_20``; empty where a section is about the whole system.
    :param ended: ``finished``, or ``failed``: `aiida-zif status` shows why.
    :param words: verdict of the section in a sentence.
    """

    section: SectionName
    system: str
    state: str = ""
    ended: Literal["finished", "failed"]
    words: str = ""


class Finding(Entry):
    """One number that matters, with its error.

    :param quantity: such as ``density``.
    """

    section: SectionName
    system: str
    state: str = ""
    quantity: str
    measured: Measured


class StudyVerdict(Report):
    """What a study found.

    :param force_field: in a line.
    :param sections: every section and system that was asked for.
    :param findings: the numbers that matter.
    :param limits: what the protocol cannot reach, in sentences.
    :param n_untrusted: frames that the committee did not trust and that came back.
    :param verdict: in words.
    """

    name: str
    protocol: str
    force_field: str
    sections: list[SectionEnd]
    findings: list[Finding] = []
    limits: list[str] = []
    n_untrusted: int = 0
    verdict: str
