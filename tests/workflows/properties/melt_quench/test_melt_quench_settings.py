"""Wrong settings are refused with field, found, allowed and fix; protocols say what they are said to say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from aiida_zif.plugins.data.record import RecordError
from aiida_zif.plugins.input_checks.refusal import refusal_text
from aiida_zif.workflows.properties.melt_quench.cost import faults_of, warnings_of
from aiida_zif.workflows.properties.melt_quench.section import MeltQuenchSection, section_of, settings_of
from aiida_zif.workflows.properties.melt_quench.settings import MeltQuenchSettings
from aiida_zif.workflows.protocols.loading import available_protocols, protocol_settings

CHNZN = ["C", "H", "N", "Zn"]


@pytest.mark.parametrize(
    ("own", "field", "found"),
    [
        ({"rates": [0.0]}, "rates[0]", "0.0"),
        ({"rates": [-5.0]}, "rates[0]", "-5.0"),
        ({"rates": []}, "rates", "[]"),
        ({"rates": [20.0, 20.0]}, "rates", "20, 20 K/ps"),
        ({"rates": [1e-5]}, "rates", "1e-05 K/ps (480000000000 steps)"),
        ({"rates": [99999.0]}, "rates", "99999 K/ps (48 steps)"),
        ({"melt_temperature": 300.0}, "melt_temperature", "300 K"),
        ({"melt_temperature": 800.0, "glass_temperature": 900.0}, "melt_temperature", "800 K"),
        ({"hold": 0.0}, "hold", "0.0"),
        ({"heating": -1.0}, "heating", "-1.0"),
        ({"equilibration": 0.1}, "equilibration", "0.1 ps (400 steps)"),
        ({"relax_nvt": 1e7}, "relax_nvt", "10000000.0"),
        ({"replicas": 0}, "replicas", "0"),
        ({"seed": 0}, "seed", "0"),
        ({"coupling": "free"}, "coupling", "'free'"),
        ({"supercell": [0, 1, 1]}, "supercell", "[0, 1, 1]"),
        ({"timestep": 9.0}, "timestep", "9.0"),
        ({"thermostat_time": 0.1}, "thermostat_time", "0.1 fs with a time step of 0.25 fs"),
        ({"halt": {"temperature": 1500.0}}, "halt.temperature", "1500 K"),
        ({"trust": 1.0, "halt": {"temperature": 4000.0, "force_deviation": 0.5}}, "halt.force_deviation", "0.5 eV/Å"),
        ({"memory": {"bonds_kept": 1.5}}, "memory.bonds_kept", "1.5"),
        ({"rate": [5.0]}, "rate", "the key 'rate'"),
    ],
)
def test_wrong_settings_are_refused_with_field_and_value(own: dict[str, Any], field: str, found: str) -> None:
    with pytest.raises(RecordError) as refused:
        MeltQuenchSettings.from_dict(own)
    line = str(refused.value).splitlines()[0]
    assert line.startswith(f"settings.{field}: found {found}, allowed is ")
    assert "; fix: " in line


def test_settings_come_back_from_a_node_as_they_were() -> None:
    settings = settings_of({"trust": "0.3 eV/Å"}, "fast", "zif4", 7)
    assert MeltQuenchSettings.from_dict(settings.as_dict()) == settings
    assert (settings.protocol, settings.system, settings.seed, settings.trust) == ("fast", "zif4", 7, 0.3)


@pytest.mark.parametrize("protocol", available_protocols("melt_quench"))
def test_every_protocol_is_complete_and_valid(protocol: str) -> None:
    assert set(protocol_settings(protocol, "melt_quench")) == set(MeltQuenchSection.model_fields) - {"trust"}
    assert settings_of({}, protocol, "zif4", 1).protocol == protocol


def test_the_protocol_literature_is_the_published_schedule() -> None:
    settings = settings_of({}, "literature", "zif4", 1)
    assert (settings.supercell, settings.timestep, settings.coupling, settings.pressure) == ((2, 2, 2), 0.25, "iso", 0)
    assert (settings.thermostat_time, settings.barostat_time) == (25.0, 250.0)  # 100 and 1000 time steps
    assert (settings.start_temperature, settings.melt_temperature, settings.glass_temperature) == (300, 1500, 300)
    assert (settings.heating, settings.hold, settings.rates) == (50.0, 50.0, [5.0])
    assert settings.quench(5.0) == 240.0
    assert (settings.relax_npt, settings.relax_nvt) == (12.5, 25.0)


def test_a_section_takes_quantities_with_units_and_refuses_bare_numbers() -> None:
    section = section_of({"rates": ["20 K/ps", "5e3 K/ns"], "pressure": "1 kbar", "hold": "0.1 ns"}, "fast")
    assert (section.rates, section.pressure, section.hold) == ([20.0, 5.0], 0.1, 100.0)
    with pytest.raises(ValidationError) as refused:
        section_of({"rates": [20], "hold": "5 K", "melt_temperature": "1 kK/ps"}, "fast")
    text = refusal_text(refused.value, MeltQuenchSection.model_json_schema(), "melt_quench")
    assert "melt_quench.rates[0]: found 20, allowed is a rate of temperature with its unit" in text
    assert "add the unit: '20 K/ps'" in text
    assert "melt_quench.hold: found '5 K'" in text


def test_absurd_costs_and_missing_errors_are_warned_of() -> None:
    slow = settings_of({"rates": ["0.01 K/ps"], "replicas": 1}, "fast", "zif4", 1)
    found = " ".join(warnings_of(slow, n_models=1))
    assert "quench at 0.01 K/ps takes 240,000,000 MD steps" in found
    assert "rates: 1 rate; the rate dependence of Tg needs at least 3 rates over 1 decade" in found
    assert "replicas: one" in found
    assert "one model" in found
    assert "keeps the shape of the cell" in found
    assert warnings_of(settings_of({"coupling": "tri", "trust": "1 eV/Å"}, "fast", "zif4", 1), n_models=4) == []


def test_a_force_field_that_does_not_fit_is_refused() -> None:
    import numpy as np

    settings, cell = settings_of({}, "fast", "zif4", 1), np.diag([15.4, 15.4, 18.4])
    assert faults_of(settings, CHNZN, cell, {"model_0": CHNZN, "model_1": CHNZN}, 6.0) == []
    others = faults_of(settings, CHNZN, cell, {"model_0": CHNZN, "model_1": CHNZN[::-1]}, 6.0)
    assert others[0].startswith("committee.model_1: found type_map Zn, N, H, C, allowed is that of all others, C, H")
    missing = faults_of(settings, [*CHNZN, "Cl"], cell, {"model_0": CHNZN}, 6.0)
    assert missing[0].startswith("structure: found Cl, allowed are the elements of the models, C, H, N, Zn; fix: ")
    assert "found no model" in faults_of(settings, CHNZN, cell, {}, 6.0)[0]


def test_a_cell_thinner_than_twice_the_cutoff_is_refused_and_auto_makes_it_thick() -> None:
    import numpy as np

    thin, models = np.diag([9.0, 15.0, 15.0]), {"model_0": CHNZN}
    asked = settings_of({"supercell": [1, 1, 1]}, "fast", "zif4", 1)
    assert faults_of(asked, CHNZN, thin, models, 6.0)[0].startswith(
        "supercell: found a cell 9.00 Å thick (1x1x1, 4 atoms), allowed is at least 12 Å, twice the cut-off"
    )
    assert faults_of(settings_of({}, "fast", "zif4", 1), CHNZN, thin, models, 6.0) == []


def test_a_quench_that_the_barostat_cannot_follow_is_warned_of() -> None:
    fast = settings_of({"rates": ["400 K/ps", "20 K/ps"]}, "fast", "zif4", 1)
    assert any("400 K/ps or faster takes less than 10 times" in warning for warning in warnings_of(fast, 2))
