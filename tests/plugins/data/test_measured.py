"""A number travels through a report with all that is said of it."""

from __future__ import annotations

from aiida_zif.plugins.data.measured import Measured
from aiida_zif.plugins.data.record import Report


class Density(Report):
    density: Measured


def test_a_number_keeps_its_error_and_where_that_is_from() -> None:
    given = Measured(
        value=1.39, error=0.02, error_from="replicas", n=3, committee=0.01, unit="g/cm³", remark="272 atoms"
    )

    assert Density.from_dict(Density(density=given).as_dict()).density == given
