"""Series and curves of nodes as tables."""

from __future__ import annotations

from collections.abc import Sequence

from aiida import orm

from aiida_zif.plugins.lammps.production.series import QUANTITIES, UNITS, Series
from aiida_zif.provenance.export.curve_files import Table
from aiida_zif.workflows.properties.structure.curves import CURVES, Curve, Curves


def series_table(series: Series, stage_names: Sequence[str]) -> Table:
    """Return the block averages of a trajectory, each quantity beside its standard deviation in the block.

    :param stage_names: of every block.
    """
    columns = {
        "first_step": series.first_step.tolist(),
        "last_step": series.last_step.tolist(),
        "time": series.time_ps.tolist(),
        "stage": list(stage_names),
        "looks": series.n.tolist(),
    }
    units = {"time": "ps"}
    for name in QUANTITIES:
        columns[name], columns[f"{name}_std"] = series[name].tolist(), series[f"{name}_std"].tolist()
        units |= {name: UNITS[name], f"{name}_std": UNITS[name]}
    return Table(columns, units)


def curve_tables(node: orm.ArrayData) -> dict[str, Table]:
    """Return the curves of a node as tables by name; empty for an array that holds no curves."""
    if node.base.attributes.get(CURVES, None) is None:
        return {}
    return {name: curve_table(curve) for name, curve in Curves.from_node(node).items()}


def curve_table(curve: Curve) -> Table:
    """Return one curve with its standard error."""
    x, y = curve.x_label or "x", curve.y_label or "y"
    y = f"{y} value" if y == x else y
    columns = {x: curve.x.tolist(), y: curve.y.tolist(), "standard error": curve.error.tolist()}
    return Table(columns, {x: curve.x_unit, y: curve.y_unit, "standard error": curve.y_unit})
