"""Campaign files of a stranger: what would reach a shell, a file outside or all of the memory is refused by field."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiida_zif.workflows.campaign.loading import CampaignError, Problem, load_campaign

BASE: dict[str, Any] = {"name": "test", "protocol": "demo", "systems": {"zif4": {"structure": "zif-4"}}}
SHELL = ["$(id)", "a;b", "-x", "a\nb", "a\x00b", "../x", "`id`"]
LATTICE = 'Lattice="{cell}" Properties={properties} pbc="T T T"'


def problems(folder: Path, text: str | None = None, **sections: Any) -> list[Problem]:
    """Return what is wrong with a campaign; every problem is complete and harmless on a terminal."""
    file = folder / "campaign.yaml"
    file.write_text(yaml.safe_dump({**BASE, **sections}) if text is None else text)
    with pytest.raises(CampaignError) as caught:
        load_campaign(file)
    for problem in caught.value.problems:
        assert problem.found
        assert problem.allowed
        assert problem.fix
        assert problem.render().replace("\n", "").isprintable()
    return caught.value.problems


@pytest.mark.parametrize("text", SHELL)
def test_names_that_a_shell_would_read_are_refused(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, name=text)[0].field == "name"
    assert problems(tmp_path, systems={text: {"structure": "zif-4"}})[0].field.startswith("systems.")
    assert problems(tmp_path, type_map=["H", "C", "N", "Zn", text])[0].field == "type_map[4]"
    assert problems(tmp_path, protocol=text)[0].field == "protocol"
    assert problems(tmp_path, level_of_theory=text)
    assert problems(tmp_path, systems={"a": {"structure": text}})[0].field == "systems.a.structure"


@pytest.mark.parametrize("label", ["cp2k\x1b[31m@localhost", "cp2k\n@localhost", "cp2k@local\x9bhost", "a b@c"])
def test_a_code_label_that_would_act_on_a_terminal_is_refused(tmp_path: Path, label: str) -> None:
    assert problems(tmp_path, codes={"cp2k": label})[0].field == "codes.cp2k"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("disp_file", "/home/somebody/.bashrc"),
        ("save_ckpt", "../../../model"),
        ("profiling_file", "x"),
        ("tensorboard_log_dir", "../logs"),
        ("stat_file", "/tmp/x"),
    ],
)
def test_files_that_a_training_writes_are_not_for_the_campaign_to_name(tmp_path: Path, key: str, value: str) -> None:
    (problem,) = problems(tmp_path, training={"deepmd": {"training": {key: value}}})
    assert problem.field == f"training.deepmd.training.{key}"


@pytest.mark.parametrize(
    "overrides",
    [
        {"POTENTIAL_FILE_NAME": "x\n&END DFT\n@INCLUDE /etc/passwd"},
        {"BASIS_SET_FILE_NAME": ["BASIS_MOLOPT", "a\nb"]},
        {"SCF": {"EPS_SCF": "1e-6\n&END SCF"}},
        {"SCF\n&END": {}},
        {"PRINT": {"E_DENSITY_CUBE": {"FILENAME": "/home/somebody/.bashrc"}}},
        {"PRINT": {"E_DENSITY_CUBE": {"FILENAME": "=../../x"}}},
    ],
    ids=["line", "line-in-list", "line-in-number", "line-in-key", "file", "file-above"],
)
def test_settings_of_a_level_stay_in_their_place(tmp_path: Path, overrides: dict[str, Any]) -> None:
    level = {"name": "pbe-d3", "overrides": overrides}
    assert problems(tmp_path, level_of_theory=level)[0].field.startswith("level_of_theory.overrides.")


@pytest.mark.parametrize("number", ["1" * 500_000, "1" + ":59" * 100_000, "0x" + "f" * 500_000, "1." + "1" * 500_000])
def test_a_number_without_end_is_refused_before_it_is_computed(tmp_path: Path, number: str) -> None:
    assert problems(tmp_path, yaml.safe_dump(BASE) + f"seed: {number}\n")[0].field == "seed"


def test_a_text_without_end_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, name="x" * 900_000)[0].field == "name"
    with (tmp_path / "campaign.yaml").open("wb") as file:
        file.truncate(10**9)  # takes no room on the disk
    with pytest.raises(CampaignError, match="1000000 kB"):
        load_campaign(tmp_path / "campaign.yaml")


def test_counts_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, training={"models": 10**12})[0].field == "training.models"
    perturbed = {"frames": 10**12, "displacement": "0.1 Å", "strain": 0.01}
    assert problems(tmp_path, seed_data={"perturbed": perturbed})[0].field == "seed_data.perturbed.frames"


@pytest.mark.parametrize(
    ("cell", "properties", "position"),
    [
        ("10 0 0 0 10 0 0 0 10", f"species:S:1:pos:R:{10**9}", "3 3 3"),
        ("1e300 0 0 0 1e300 0 0 0 1e300", "species:S:1:pos:R:3", "3 3 3"),
        ("1e9 0 0 0 1e9 0 0 0 1e9", "species:S:1:pos:R:3", "3 3 3e8"),
        ("10 0 0 0 10 0 0 0 10", "species:S:1:pos:R:3", "3 3 1e200"),
        ("10 0 0 0 10 0 0 0 10", f"species:S:1:pos:R:3 {'a' * 10**6}", "3 3 3"),
    ],
    ids=["columns", "endless-cell", "huge-cell", "far-atom", "long-line"],
)
def test_a_structure_that_would_fill_the_memory_is_refused(
    tmp_path: Path, cell: str, properties: str, position: str
) -> None:
    comment = LATTICE.format(cell=cell, properties=properties)
    (tmp_path / "a.extxyz").write_text(f"2\n{comment}\nH 0 0 0\nZn {position}\n")
    assert problems(tmp_path, systems={"a": {"structure": "./a.extxyz"}})[0].field == "systems.a.structure"


def test_symmetry_operations_are_no_code(tmp_path: Path) -> None:
    angles = "".join(f"_cell_angle_{name} 90\n" for name in ("alpha", "beta", "gamma"))
    lengths = "".join(f"_cell_length_{name} 10\n" for name in "abc")
    trace = tmp_path / "trace"
    operation = f"""'__import__("os").mkdir("{trace}"),y,z'"""
    sites = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nZn1 0 0 0\n"
    (tmp_path / "a.cif").write_text(f"data_x\n{lengths}{angles}loop_\n_symmetry_equiv_pos_as_xyz\n{operation}\n{sites}")
    assert problems(tmp_path, systems={"a": {"structure": "./a.cif"}})[0].field == "systems.a.structure"
    assert not trace.exists()


CRYSTAL = "".join(f"_cell_length_{axis} 40\n" for axis in "abc") + "".join(
    f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma")
)
TABLE = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
CROWD = "".join(f"C{i} 0.{i:04d} 0.{(i * 7919) % 5000:04d} 0.{(i * 1723) % 5000:04d}\n" for i in range(4999))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CRYSTAL + TABLE + "C1 0.1 0.2 0.3\n" * 100_000, "100000 atoms"),
        (CRYSTAL + TABLE + "C1 0.1 0.2 0.3\n" * 4_900, "many atoms on one place"),
        (f"{CRYSTAL.replace('40', '3')}{TABLE}{CROWD}", "overlapping atoms: 4999"),
        (CRYSTAL + "loop_\n_symmetry_equiv_pos_as_xyz\n" + "x,y,z\n" * 100_000 + TABLE, "operators"),
        (f"{CRYSTAL}{TABLE}" + "C" * 1_000_000 + " 0.1 0.2 ?\n", "coordinates are not numbers"),
        (f"{CRYSTAL}{TABLE}C1 0.1 0.2 " + "'" * 1_000_000 + "\n", "coordinates are not numbers"),
        (f"{CRYSTAL}{TABLE}\x1b[31mC1\u202e 0.1 0.2 ?\n", "unreadable as CIF"),
        (CRYSTAL + TABLE + "C1\u202e 0.1 0.2 ?\n", "coordinates are not numbers (C1x;"),
        (f"{CRYSTAL}_symmetry_space_group_name_H-M '" + "P 21/" * 20_000 + f"'\n{TABLE}C1 0 0 0\n", "not known"),
        (f"{CRYSTAL.replace('40', '1e300')}{TABLE}C1 0 0 0\n", "_cell_length_a '1e300'"),
    ],
)
def test_a_cif_that_would_take_memory_time_or_the_terminal_is_refused(tmp_path: Path, text: str, words: str) -> None:
    if text.endswith(TABLE):
        text += "C1 0.1 0.2 0.3\n"
    (tmp_path / "x.cif").write_text(f"data_x\n{text}")
    begin = time.monotonic()
    (problem,) = problems(tmp_path, systems={"a": {"structure": "x.cif"}})
    assert words in problem.found
    assert len(problem.found) < 400
    assert time.monotonic() - begin < 20
