"""Records of imports: declarations, reports and withdrawals, those of earlier versions included."""

from __future__ import annotations

from aiida_zif.plugins.imports.declaration import Declaration, ImportReport, Withdrawal

OLD = {
    "name": "frames.extxyz",
    "format": "extxyz",
    "source": "doi:1",
    "system": "zinc",
    "checksum": "0" * 64,
    "level_of_theory": {"hash": "0123456789abcdef", "line": "PBE-D3, VASP"},
}


def test_a_declaration_of_before_there_were_readings_gates_and_numbers_is_read() -> None:
    old = Declaration.from_dict(OLD)
    assert (old.reading, old.gates, old.left_out, old.note, old.level_of_theory.definition) == ({}, {}, {}, "", None)
    assert old.as_dict() == {"schema": 1, **OLD}


def test_a_report_of_before_names_were_counted_is_read() -> None:
    rejected = [{"place": "frame 3", "reason": "volume", "detail": "0.1 Å³/atom"}]
    old = ImportReport.from_dict({"n_read": 4, "n_labelled": 3, "n_rejected": {"volume": 1}, "rejected": rejected})
    assert (old.taken, old.not_taken, old.rejected[0].place) == ({}, {}, "frame 3")


def test_a_withdrawal_holds_until_it_is_taken_back() -> None:
    made = Withdrawal(name="frames.extxyz", reason="energies are in hartree", blocks=["a", "b"])
    assert "restored" not in made.as_dict()
    back = made.model_copy(update={"restored": "they are in eV"})
    assert Withdrawal.from_dict(back.as_dict()).restored == "they are in eV"
