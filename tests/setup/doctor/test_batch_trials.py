"""What the codes of a computer are given to compute, and which model LAMMPS loads where there is no `dp`."""

from __future__ import annotations

from io import BytesIO

import pytest

from aiida_zif.setup.doctor.job import files_for
from aiida_zif.setup.doctor.trials import dynamics_result, label_result, training_result, type_map


def store_model(content: bytes, elements: list[str]) -> None:
    from aiida.plugins import DataFactory

    details = {"rcut": 5.0, "model_backend": "tensorflow", "deepmd_version": "3.2.0"}
    DataFactory("zif.potential")(BytesIO(content), filename="model.pb", type_map=elements, **details).store()


def test_lammps_without_dp_loads_the_newest_model_that_knows_the_elements(aiida_profile: object) -> None:
    store_model(b"older", type_map())
    store_model(b"newer", [*type_map(), "O"])
    store_model(b"newest, of other elements", ["H", "O"])
    assert files_for({"lmp", "python"})["model/model.pb"] == b"newer"
    assert "model/model.pb" not in files_for({"lmp", "dp"}), "dp makes one there"
    assert files_for({"python"}) == {}


FRAME = """
     1 OT DIIS     0.80E-01    0.0     0.00000065      -176.9020120000 -1.29E+01
  *** SCF run converged in     1 steps ***
 ENERGY| Total FORCE_EVAL ( QS ) energy [hartree]   -176.902012
 STRESS| Analytical stress tensor [bar]
 STRESS|      x   1.0   0.0   0.0
 STRESS|      y   0.0   1.0   0.0
 STRESS|      z   0.0   0.0   1.0
 MD_INI| MD initialization
 ****  PROGRAM ENDED AT 2026-11-23
"""


def test_the_trial_of_cp2k_is_content_with_what_a_campaign_reads() -> None:
    assert "-176.902 Hartree" in (label_result(FRAME) or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[hartree]", "[furlong]"),
        ("[bar]", "[furlong]"),
        ("-176.902012", "-170.902012"),
        ("PROGRAM ENDED", "PROGRAM"),
        ("run converged in", "run NOT converged in"),
        ("OT DIIS", "SOMETHING"),
        ("MD_INI|", "MD BEGINS"),
    ],
)
def test_the_trial_of_cp2k_fails_where_a_campaign_would_read_no_label(old: str, new: str) -> None:
    assert label_result(FRAME.replace(old, new)) is None


def test_a_code_that_says_something_else_has_no_result() -> None:
    assert label_result("PROGRAM ENDED AT\n") is None
    assert training_result("Segmentation fault") is None
    assert dynamics_result("Loop time of 5.0 on 1 procs for 3 steps with 102 atoms\n") is None
