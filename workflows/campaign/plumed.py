"""PLUMED in a campaign file: the path of an input is replaced by its content (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida_zif.workflows.user_input.problems import Problem, shown
from aiida_zif.workflows.user_input.yaml_source import LARGEST_FILE, Source, YamlPath, file_fault


def with_plumed_files(source: Source) -> tuple[Source, list[Problem]]:
    """Put the content of PLUMED inputs in the place of their paths, so that the campaign needs the files no more.

    :param source: the campaign; relative paths start at its folder.
    :returns: the campaign, and what is wrong with the files.
    """
    data, problems = dict(source.data), []
    systems = data.get("systems")
    data["exploration"], faults = _read(data.get("exploration"), source, ("exploration",))
    problems += faults
    if isinstance(systems, Mapping):
        data["systems"] = dict(systems)
        for name, system in systems.items():
            if isinstance(system, Mapping) and "exploration" in system:
                own, faults = _read(system["exploration"], source, ("systems", name, "exploration"))
                data["systems"][name] = {**system, "exploration": own}
                problems += faults
    if "exploration" not in source.data:
        del data["exploration"]
    return Source(data, source.file, source.folder, source.lines), problems


def _read(section: Any, source: Source, path: YamlPath) -> tuple[Any, list[Problem]]:
    """A section with the content of its file; text of more than one line is content already."""
    given = section.get("plumed") if isinstance(section, Mapping) else None
    if not isinstance(given, str) or "\n" in given:
        return section, []
    file, where = source.folder / given, (*path, "plumed")
    rest = {key: value for key, value in section.items() if key != "plumed"}
    if fault := file_fault(file, LARGEST_FILE):
        return rest, [source.problem(where, *fault)]
    try:
        text = file.read_text("utf-8").rstrip("\n") + "\n"
    except UnicodeDecodeError:
        fix = "give the input that PLUMED reads"
        return rest, [source.problem(where, f"{shown(given)}, which is no text", "a text file in UTF-8", fix)]
    return {**rest, "plumed": text}, []
