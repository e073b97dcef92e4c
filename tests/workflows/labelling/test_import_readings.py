"""How files were read is kept in the graph: choices, what was taken and what was not, virials of some sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiida import orm

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.imports.formats import find_source
from aiida_zif.plugins.imports.reading import Reading
from aiida_zif.workflows.labelling.import_labels import declared_level, import_from, refuse_other_level
from aiida_zif.workflows.labelling.known_imports import blocks_of_import

pytestmark = pytest.mark.usefixtures("aiida_profile")

COMMENT = (
    'Lattice="12 0 0 0 6 0 0 0 6" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 REF_energy={energy} '
    'energy_unit=hartree force_unit=hartree/bohr note="{note}"'
)


def written(path: Path, n_frames: int) -> Path:
    """A file whose frames have the energies of a model and of the reference, in hartree."""
    rng, lines = np.random.default_rng(n_frames), []
    for index in range(n_frames):
        atoms = [f"{s} {x + 0.05 * rng.normal():.8f} 2 2 {f} 0 0" for s, x, f in (("H", 1, 0.01), ("C", 4, -0.01))]
        lines += ["2", COMMENT.format(energy=-10.0 - index, note=index), *atoms]
    path.write_text("\n".join(lines) + "\n")
    return path


def system(path: Path, seed: int, types: str, *with_virials: bool) -> Path:
    """A system of three atoms; one set of two frames for each flag, which says whether it has virials."""
    rng = np.random.default_rng(seed)
    for index, virials in enumerate(with_virials):
        folder = path / f"set.{index:03d}"
        folder.mkdir(parents=True)
        start = np.array([[1.0, 2, 2], [4, 2, 2], [7, 2, 2]])
        arrays = {
            "coord": (start + 0.05 * rng.normal(size=(2, 3, 3))).reshape(2, 9), "energy": np.array([-40.0, -40.1]),
            "box": np.tile(np.diag([12.0, 6, 6]).ravel(), (2, 1)),
            "force": np.tile([0.1, 0, 0, -0.1, 0, 0, 0, 0, 0], (2, 1)),
        }  # fmt: skip
        if virials:
            arrays["virial"] = np.tile(np.eye(3).ravel(), (2, 1)) * (index + 1)
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
    (path / "type.raw").write_text(types)
    (path / "type_map.raw").write_text("H C N")
    return path


def test_the_choice_of_a_label_is_in_the_declaration_and_the_numbers_are_converted(tmp_path: Path) -> None:
    path = written(tmp_path / "rivals.extxyz", 3)
    call: Any = import_from(
        path, declared_level("PBE, FHI-aims, tight"), "", "two", reading=Reading(energy_key="REF_energy")
    )
    (block,) = blocks_of_import(call)
    np.testing.assert_allclose(block.energies, np.array([-10.0, -11.0, -12.0]) * 27.211386245988, rtol=1e-15)
    np.testing.assert_allclose(block.forces[0, 0, 0], 0.01 * 27.211386245988 / 0.529177210903, rtol=1e-15)
    assert call.inputs.declaration["reading"] == {"energy_key": "REF_energy"}
    report = call.outputs.report.get_dict()
    assert report["taken"] == {"energy from REF_energy in hartree": 3, "forces from forces in hartree/bohr": 3}
    assert report["not_taken"] == {"energy": 3, "note": 3}


def test_virials_of_some_sets_make_a_block_of_their_own(tmp_path: Path) -> None:
    path = system(tmp_path / "partial", 1, "0 1 2", True, False, True)
    blocks = blocks_of_import(import_from(path, declared_level("PBE, VASP, 500 eV"), "", "partial"))
    assert [(block.n_frames, block.virials is None) for block in blocks] == [(4, False), (2, True)]
    assert blocks[0].virials is not None
    assert blocks[0].virials[:, 0, 0].tolist() == [1.0, 1.0, 3.0, 3.0]


def test_a_run_of_dp_gen_is_kept_and_read_again_from_what_was_kept(tmp_path: Path) -> None:
    for index in (0, 1):
        system(tmp_path / "run" / f"iter.{index:06d}" / "02.fp" / "data.000", 5 + index, "0 1 2", True)
    (tmp_path / "run" / "iter.000001" / "00.train").mkdir()
    (tmp_path / "run" / "iter.000001" / "00.train" / "data.init").symlink_to(tmp_path)
    call: Any = import_from(tmp_path / "run", declared_level("PBE, VASP, 500 eV"), "", "run")
    assert call.outputs.report["n_labelled"] == 4
    raw: orm.FolderData = call.inputs.raw
    assert raw.base.repository.list_object_names() == ["iter.000000", "iter.000001"]
    assert raw.base.repository.list_object_names("iter.000001") == ["02.fp"]
    assert "a DP-GEN run" in call.inputs.declaration["note"]


def test_frames_of_mixed_type_make_one_block_a_composition(tmp_path: Path) -> None:
    path = system(tmp_path / "mixed", 9, "0 0 0", False)
    np.save(path / "set.000" / "real_atom_types.npy", np.array([[0, 1, -1], [2, 1, 0]]))
    force = np.load(path / "set.000" / "force.npy")
    force[1] = [0.1, 0.0, 0.2, -0.1, 0.2, 0.0, 0.0, -0.2, -0.2]
    np.save(path / "set.000" / "force.npy", force)
    blocks = blocks_of_import(import_from(path, declared_level("PBE, VASP, 500 eV"), "", "mixed"))
    assert [block.symbols for block in blocks] == [["H", "C"], ["N", "C", "H"]]


def test_a_charge_that_the_file_states_must_be_the_declared_one(tmp_path: Path) -> None:
    path = written(tmp_path / "charged.extxyz", 1)
    path.write_text(path.read_text().replace("note=", "total_charge=-1 multiplicity=1 note="))
    reading, level = Reading(energy_key="REF_energy"), declared_level("PBE, VASP, charged")
    with pytest.raises(FormatError, match=r"charge: -1 found; allowed: 0, as was declared\. Say --charge -1"):
        import_from(path, level, "", "charged", reading=reading)
    call = import_from(path, {**level, "charge": -1}, "", "charged", reading=reading)
    assert len(blocks_of_import(call)) == 1


def test_a_spin_that_the_file_states_is_the_declared_multiplicity_or_its_unpaired_electrons(tmp_path: Path) -> None:
    path = written(tmp_path / "spin.extxyz", 3)
    path.write_text(path.read_text().replace("note=", "spin=2 note="))
    reading, level = Reading(energy_key="REF_energy"), declared_level("PBE, VASP, spin")
    with pytest.raises(FormatError, match=r"spin: 2 found; allowed: 1 or 0, as was declared\. Say --multiplicity 2"):
        import_from(path, level, "", "spin", reading=reading)
    assert len(blocks_of_import(import_from(path, {**level, "multiplicity": 3}, "", "spin", reading=reading))) == 1


def test_a_file_that_says_it_is_of_another_level_of_this_package_is_refused(tmp_path: Path) -> None:
    from aiida_zif.plugins.cp2k.levels import load_level

    path = written(tmp_path / "exported.extxyz", 4)
    line = load_level("pbe-d3-fast").line
    path.write_text(path.read_text().replace("note=", f'level_of_theory="{line}" note='))
    reading = Reading(energy_key="REF_energy")
    with pytest.raises(FormatError, match=r"level_of_theory: that of pbe-d3-fast found; .* Say --level pbe-d3-fast"):
        import_from(path, declared_level("pbe-d3"), "", "exported", reading=reading)
    for level in ("PBE, VASP, 500 eV", "pbe-d3-fast"):
        refuse_other_level(find_source(path, reading).frames(), declared_level(level))


def test_a_declaration_from_before_readings_were_kept_is_read_as_it_was(tmp_path: Path) -> None:
    import hashlib

    from aiida_zif.workflows.labelling.import_labels import import_labels

    path = written(tmp_path / "old.extxyz", 2)
    path.write_text(
        path.read_text().replace("REF_energy", "note_of").replace(" energy_unit=hartree force_unit=hartree/bohr", "")
    )
    declaration = {
        "name": "old.extxyz", "format": "extxyz", "source": "", "system": "old",
        "checksum": hashlib.sha256(path.read_bytes()).hexdigest(), "level_of_theory": declared_level("PBE, VASP"),
    }  # fmt: skip
    _, call = import_labels.run_get_node(orm.SinglefileData(path), orm.Dict(declaration))
    assert blocks_of_import(call)[0].energies.tolist() == [-1.5, -1.5]
