"""One frozen deep potential."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from aiida import orm


class DeepPotentialData(orm.SinglefileData):
    """A frozen, uncompressed model file and the parameters that are required to use it."""

    def __init__(
        self,
        file: str | Path | IO[bytes] | None = None,
        *args: Any,
        type_map: Sequence[str] | None = None,
        rcut: float | None = None,
        model_backend: str | None = None,
        deepmd_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Build an unstored node.

        :param file: the frozen model (``.pb`` for TensorFlow).
        :param type_map: elements in the order of the model's types.
        :param rcut: cut-off radius in Å.
        :param model_backend: ``tensorflow`` or ``pytorch``.
        :param deepmd_version: version of the DeePMD-kit that wrote it.
        """
        super().__init__(file, *args, **kwargs)
        if type_map is None:
            return
        self.base.attributes.set_many(
            {
                "type_map": [str(symbol) for symbol in type_map],
                "rcut": float(rcut) if rcut is not None else None,
                "backend": model_backend,
                "deepmd_version": deepmd_version,
            }
        )

    @property
    def type_map(self) -> list[str]:
        """Elements in the order of the model's types."""
        return list(self.base.attributes.get("type_map"))

    @property
    def rcut(self) -> float:
        """Cut-off radius in Å."""
        return float(self.base.attributes.get("rcut"))

    @property
    def model_backend(self) -> str:
        """``tensorflow`` or ``pytorch``; stored as the attribute ``backend`` (a node's ``backend`` is AiiDA's own)."""
        return str(self.base.attributes.get("backend"))

    @property
    def deepmd_version(self) -> str:
        """Version of the DeePMD-kit that wrote the file."""
        return str(self.base.attributes.get("deepmd_version"))

    def _validate(self) -> bool:
        super()._validate()
        if not self.base.attributes.get("type_map", None) or not self.base.attributes.get("rcut", None):
            raise ValueError("a potential needs its type_map and rcut")
        return True
