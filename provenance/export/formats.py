"""Writers of the export: deepmd/npy, extended XYZ, frozen models."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiida_zif.plugins.deepmd.data.dataset import write_system
from aiida_zif.plugins.deepmd.data.merging import by_composition, merge
from aiida_zif.plugins.imports.extxyz.file import write_frame
from aiida_zif.provenance.lineage.structure_sources import in_lines

if TYPE_CHECKING:
    from aiida_zif.plugins.data.frames import LabelledFramesData
    from aiida_zif.plugins.data.potential import DeepPotentialData

Blocks = Mapping[str, "LabelledFramesData"]
Remarks = Mapping[str, str]
UNQUOTED = str.maketrans({'"': "'", "\\": "/"})

README = {
    "deepmd": """# Labelled frames in DeePMD-kit's deepmd/npy layout

`training/` and `held_out/` (frames that no training used) hold one system folder per composition: `type.raw`,
`type_map.raw` ({type_map}) and `set.000/` with `coord` (Å), `box` (Å), `energy` (eV), `force` (eV/Å) and `virial`
(-dE/d(strain), eV). Line i of `frames.csv` gives the AiiDA node and the index of frame i.
`manifest.json` lists campaign, blocks, level of theory and the SHA-256 of every file.
""",
    "extxyz": """# Labelled frames as extended XYZ

`training.extxyz` and `held_out.extxyz` (frames that no training used): energy in eV, forces in eV/Å, stress in
eV/Å³ with ASE's sign (stress = -virial / volume). `frame_id`, `block_pk` and `block_index` identify the AiiDA node:
`aiida-zif lineage BLOCK_PK:BLOCK_INDEX`; every frame has its `level_of_theory`, the `reference_state` of its energy,
and `source`, `licence` and `citation` of its structure. Read with
`ase.io.read("training.extxyz", ":")`. Elements: {type_map}.
`manifest.json` lists campaign, blocks, level of theory and the SHA-256 of every file.
""",
    "models": """# Frozen deep potentials

`models.json` describes every file: elements in the order of the model's types ({type_map}), cut-off radius, version of
DeePMD-kit, UUID of the AiiDA node. In LAMMPS (units metal; several models give the deviation of the committee):

    pair_style deepmd {models} out_freq 10 out_file deviation.out
    pair_coeff * * {type_map}
""",
}
"""README of the folder, by format."""


def origin_in_words(origin: Mapping[str, Any]) -> str:
    """Return the end of a README: level of theory, energies, structures with source and licence, caveat of protocols.

    :param origin: ``level_of_theory``, ``energy_reference``, ``structures`` and ``protocols`` of the manifest.
    """
    level = (origin["level_of_theory"] or {"line": "not known"})["line"]
    lines = ["", "## Sources", "", f"- Level of theory: {level}"]
    lines.append(f"- Energies: {origin['energy_reference']}")
    lines += [f"- Protocol {protocol['name']}: {protocol['description']}" for protocol in origin["protocols"]]
    for record in origin["structures"]:
        what = f" ({record['formula']})" if record["formula"] else ""
        (_, name), *facts = in_lines(record)
        lines += [f"- {name}{what}", *(f"  - {fact}: {text}" for fact, text in facts)]
    return "\n".join([*lines, ""])


def write_deepmd(folder: Path, blocks: Blocks, type_map: list[str]) -> None:
    """Write one system per composition, with ``frames.csv`` in its folder.

    Blocks go together if they have the same atoms in the same order and either all have virials or none.

    :param folder: of this part of the data set.
    :param type_map: elements in the order of the model's types.
    """
    for name, group in by_composition(blocks).items():
        write_system(folder / name, merge(list(group.values())), type_map)
        with (folder / name / "frames.csv").open("w", newline="") as stream:
            table = csv.writer(stream, lineterminator="\n")
            table.writerow(["frame_id", "block_pk", "block_uuid", "block_index", "block"])
            for label, block in group.items():
                rows = ([key, block.pk, block.uuid, index, label] for index, key in enumerate(block.frame_ids()))
                table.writerows(rows)


def write_extxyz(path: Path, blocks: Blocks, remarks: Mapping[str, Remarks]) -> None:
    """Write all frames into one file, the name of the part with the suffix ``.extxyz``.

    :param path: without suffix.
    :param remarks: by block what stands in the comment line of each of its frames, such as source and licence.
    """
    with path.with_suffix(".extxyz").open("w", encoding="utf-8") as stream:
        for label, block in blocks.items():
            words = {name: quotable(text) for name, text in remarks[label].items()}
            origin: dict[str, Any] = {"block_pk": block.pk, "system": block.system, **words}
            for index, (key, frame) in enumerate(zip(block.frame_ids(), block.labelled_frames(), strict=True)):
                write_frame(stream, frame, {"frame_id": key, "block_index": index, **origin})


def quotable(text: str) -> str:
    """Return a text that stands between double quotes in a comment line, in which quotes and backslashes mean more."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split()).translate(UNQUOTED)


def write_models(
    folder: Path, models: Mapping[str, DeepPotentialData], origin: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Copy the frozen files under the names of the models, and describe them in ``models.json``.

    :param origin: what is said of every model: level of theory, energies, structures.
    """
    entries = []
    for label, model in sorted(models.items()):
        path = folder / f"{label}{Path(model.filename).suffix}"
        path.write_bytes(model.get_content(mode="rb"))
        entries.append(
            {
                "label": label,
                "file": path.name,
                "pk": model.pk,
                "uuid": model.uuid,
                "type_map": model.type_map,
                "rcut_A": model.rcut,
                "backend": model.model_backend,
                "deepmd_version": model.deepmd_version,
                **origin,
            }
        )
    (folder / "models.json").write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n")
    return entries
