"""What a study knows of its force field before it begins (no AiiDA)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiida_zif.workflows.user_input.yaml_source import YamlPath


@dataclass(frozen=True)
class KnownForceField:
    """The models of a study.

    :param models: label → UUID; the first one drives.
    :param type_map: elements that they know, in their order.
    :param rcut: largest cut-off of them, Å.
    :param words: in a line.
    :param campaign: UUID of the campaign that trained them; None of models by themselves.
    """

    models: Mapping[str, str]
    type_map: tuple[str, ...]
    rcut: float
    words: str
    campaign: str | None = None

    @property
    def n_models(self) -> int:
        """Members of the committee."""
        return len(self.models)


class ForceFieldFault(ValueError):
    """A force field that a study cannot take.

    :param path: below ``force_field``.
    """

    def __init__(self, path: YamlPath, found: str, allowed: str, fix: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}; {fix}")
        self.path, self.found, self.allowed, self.fix = path, found, allowed, fix
