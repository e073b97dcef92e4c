"""Frames and labelled frames of one composition, stored as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from aiida import orm
from numpy.typing import ArrayLike

from aiida_zif.plugins.data.frame_id import frame_ids
from aiida_zif.plugins.data.labelled_frame import LabelledFrame

if TYPE_CHECKING:
    from ase import Atoms


class FramesData(orm.ArrayData):
    """N configurations of one composition and atom order.

    Arrays: ``positions`` (N, n, 3) Å and ``cells`` (N, 3, 3) Å (lattice vectors as rows, periodic in all
    directions). Every other array has N as its first dimension; the usual ones are
    ``max_force_deviation`` eV/Å, ``step``, ``temperature`` K and ``pressure`` GPa. N may be zero.
    A stored node has the content hashes of its frames as an attribute: a frame is found without opening a file.
    """

    OWN_ARRAYS: tuple[str, ...] = ("positions", "cells")
    _hash_ignored_attributes = ("frame_ids",)  # they follow from the arrays; nodes of before have none

    def __init__(
        self,
        symbols: Sequence[str] | None = None,
        positions: ArrayLike | None = None,
        cells: ArrayLike | None = None,
        system: str | None = None,
        per_frame: Mapping[str, ArrayLike] | None = None,
        **kwargs: Any,
    ) -> None:
        """Build an unstored node.

        :param symbols: chemical symbols in the order of the atoms, shape (n,).
        :param positions: Å, shape (N, n, 3).
        :param cells: Å, shape (N, 3, 3).
        :param system: label of the system in its campaign, such as ``zif4``.
        :param per_frame: further arrays by name, first dimension N.
        """
        super().__init__(**kwargs)
        if symbols is None or positions is None or cells is None:
            return  # AiiDA builds empty nodes when it loads or validates models; ``_validate`` has the last word
        self.base.attributes.set("symbols", [str(symbol) for symbol in symbols])
        self.base.attributes.set("system", system or "")
        self.set_array("positions", np.asarray(positions, dtype=float).reshape(-1, len(symbols), 3))
        self.set_array("cells", np.asarray(cells, dtype=float).reshape(-1, 3, 3))
        for name, values in (per_frame or {}).items():
            self.set_array(name, np.asarray(values))

    @property
    def symbols(self) -> list[str]:
        """Chemical symbols, shape (n,)."""
        return list(self.base.attributes.get("symbols"))

    @property
    def system(self) -> str:
        """Label of the system in its campaign."""
        return str(self.base.attributes.get("system"))

    @property
    def n_frames(self) -> int:
        """Number of frames N (read from the database, no file is opened)."""
        return int(self.get_shape("positions")[0])

    @property
    def n_atoms(self) -> int:
        """Number of atoms n."""
        return len(self.symbols)

    @property
    def positions(self) -> np.ndarray:
        """Å, shape (N, n, 3)."""
        return self.get_array("positions")

    @property
    def cells(self) -> np.ndarray:
        """Å, shape (N, 3, 3)."""
        return self.get_array("cells")

    @property
    def per_frame(self) -> dict[str, np.ndarray]:
        """The optional arrays, first dimension N."""
        return {name: self.get_array(name) for name in self.get_arraynames() if name not in self.OWN_ARRAYS}

    def frame_ids(self) -> list[str]:
        """Content hash of every frame: symbols, positions and cell at a precision of 1e-6 Å."""
        known = self.base.attributes.get("frame_ids", None) if self.is_stored else None
        return list(known) if known is not None else frame_ids(self.symbols, self.positions, self.cells)

    def get_ase(self, index: int = 0) -> Atoms:
        """Return one frame as ASE atoms."""
        from ase import Atoms

        return Atoms(self.symbols, positions=self.positions[index], cell=self.cells[index], pbc=True)

    def _validate(self) -> bool:
        super()._validate()
        missing = [name for name in self.OWN_ARRAYS if name not in self.get_arraynames()]
        if missing:
            raise ValueError(f"{type(self).__name__} lacks {', '.join(missing)}")
        shapes = {name: self.get_shape(name) for name in self.get_arraynames()}
        expected = (self.n_frames, self.n_atoms, 3)
        if shapes["positions"] != expected or shapes["cells"] != (self.n_frames, 3, 3):
            raise ValueError(
                f"positions {shapes['positions']} and cells {shapes['cells']} do not fit {self.n_atoms} symbols"
            )
        wrong = [name for name, shape in shapes.items() if not shape or shape[0] != self.n_frames]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: the first dimension must be the {self.n_frames} frames")
        self.base.attributes.set("frame_ids", self.frame_ids())  # only now the arrays are final
        return True


class LabelledFramesData(FramesData):
    """An immutable block: frames with ``energies`` (N) eV, ``forces`` (N, n, 3) eV/Å, ``virials`` (N, 3, 3) eV.

    ``virials`` is present where the stress was computed, -dE/d(strain), symmetric. Every frame of a block was
    labelled at one level of theory, and a block is created by exactly one labelling job (or one import).
    """

    OWN_ARRAYS = ("positions", "cells", "energies", "forces")

    def __init__(
        self,
        *args: Any,
        energies: ArrayLike | None = None,
        forces: ArrayLike | None = None,
        virials: ArrayLike | None = None,
        level_of_theory: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Build an unstored block; see :class:`FramesData` for the other arguments.

        :param energies: eV, shape (N,).
        :param forces: eV/Å, shape (N, n, 3).
        :param virials: eV, shape (N, 3, 3).
        :param level_of_theory: ``hash`` and a readable ``line`` of every setting that changes an energy.
        """
        super().__init__(*args, **kwargs)
        if energies is None or forces is None or level_of_theory is None:
            return
        self.base.attributes.set("level_of_theory", dict(level_of_theory))
        self.set_array("energies", np.asarray(energies, dtype=float).reshape(-1))
        self.set_array("forces", np.asarray(forces, dtype=float).reshape(-1, self.n_atoms, 3))
        if virials is not None:
            self.set_array("virials", np.asarray(virials, dtype=float).reshape(-1, 3, 3))

    @property
    def level_of_theory(self) -> dict[str, str]:
        """``{"hash": …, "line": …}``."""
        return dict(self.base.attributes.get("level_of_theory"))

    @property
    def energies(self) -> np.ndarray:
        """eV, shape (N,)."""
        return self.get_array("energies")

    @property
    def forces(self) -> np.ndarray:
        """eV/Å, shape (N, n, 3)."""
        return self.get_array("forces")

    @property
    def virials(self) -> np.ndarray | None:
        """eV, shape (N, 3, 3); None where no stress was computed."""
        return self.get_array("virials") if "virials" in self.get_arraynames() else None

    def labelled_frames(self) -> list[LabelledFrame]:
        """Return the frames with their labels; their places say in which block they stand, and where there."""
        virials = [None] * self.n_frames if self.virials is None else self.virials
        rows = zip(self.positions, self.cells, self.energies, self.forces, virials, strict=True)
        where, symbols = f"{self.label or self.system} <{self.pk}>", tuple(self.symbols)
        return [LabelledFrame(f"{where}:{index}", symbols, *row) for index, row in enumerate(rows)]

    def _validate(self) -> bool:
        super()._validate()
        level = self.base.attributes.get("level_of_theory", {})
        if not level.get("hash") or not level.get("line"):
            raise ValueError("level_of_theory needs a hash and a readable line")
        if self.get_shape("forces") != self.get_shape("positions") or len(self.get_shape("energies")) != 1:
            raise ValueError("forces must have the shape of positions, energies one value a frame")
        return True
