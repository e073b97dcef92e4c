"""What explorations reached, beside what they were asked for."""

from __future__ import annotations

from typing import Any

from aiida_zif.plugins.lammps.exploration.report import ExploredRun
from aiida_zif.provenance.campaigns.reached import asked_in_words, entry_of, mean_in_words, reached_line

RUN: dict[str, Any] = {"label": "300K_0GPa", "ended": "completed", "n_explored": 30}


def test_a_run_that_knows_what_it_reached_is_taken_at_its_word() -> None:
    temperature = {"mean": 693.2, "error": 12.4, "target": [300.0, 300.0]}
    pressure = {"mean": 0.571, "error": None, "target": [0.0, 0.0]}
    run = {**RUN, "reached": {"temperature": temperature, "pressure": pressure}, "missed": ["temperature"]}
    entry = entry_of(ExploredRun(**run), "zif4")
    assert entry["temperature"] == {"asked": [300.0, 300.0], "mean": 693.2, "error": 12.4}
    line = reached_line(1, [entry])
    assert line.startswith("reached in cycle 1 (mean of the explored frames): ")
    assert "zif4 300K_0GPa 693 ± 12 K (target 300, MISSED), 0.57 GPa (target 0)" in line


def test_a_run_of_before_knows_its_averages_only() -> None:
    run = {**RUN, "temperature": [300.0, 600.0], "pressure": None, "averages": {"temperature": 450.0, "pressure": 0.1}}
    entry = entry_of(ExploredRun(**run), "zif4")
    assert entry["temperature"] == {"asked": [300.0, 600.0], "mean": 450.0, "error": None}
    assert entry["missed"] == []
    assert (asked_in_words(entry["temperature"]["asked"]), asked_in_words(None)) == ("300 to 600", "free")


def test_a_run_without_a_frame_has_measured_nothing() -> None:
    entry = entry_of(ExploredRun(**RUN, temperature=300.0, pressure=0.0, averages={"temperature": None}), "zif4")
    assert mean_in_words(entry["temperature"], "temperature") == "–"
    assert reached_line(2, [entry]).endswith("nothing measured")
