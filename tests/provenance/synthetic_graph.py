"""Nodes and links of processes that never ran, with times of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common.links import LinkType

Inputs = Mapping[str, orm.Data]


@dataclass
class SyntheticGraph:
    """Stores processes with what goes in and comes out; ``clock`` is the simulated time.

    :param scratch: where the jobs of its computer would run.
    :param campaign: calls every calcfunction that nobody else calls.
    """

    scratch: Path
    campaign: Any = None
    clock: datetime = field(default_factory=lambda: datetime.now(tz=timezone.utc) - timedelta(minutes=20))
    spans: list[tuple[orm.ProcessNode, datetime, datetime]] = field(default_factory=list)

    def make_codes(self) -> None:
        """Store a computer and the codes of a campaign."""
        computer = orm.Computer.collection.get_or_create(
            label="localhost",
            hostname="localhost",
            transport_type="core.local",
            scheduler_type="core.direct",
            workdir=str(self.scratch),
        )[1]
        computer.store()
        self.codes = {
            name: orm.InstalledCode(computer, f"/usr/bin/{name}", label=f"{name}-{self.scratch.name}").store()
            for name in ("cp2k", "dp", "lmp", "python")
        }

    def calcfunction(
        self, name: str, module: str, inputs: Inputs, outputs: Inputs, label: str | None, caller: Any = None
    ) -> dict[str, Any]:
        """Store a calcfunction with its links."""
        node = self.process(
            orm.CalcFunctionNode,
            name,
            f"aiida_zif.workflows.{module}.{name}",
            inputs,
            caller=caller or self.campaign,
            label=label or name,
        )
        self.clock += timedelta(seconds=0.2)
        return self.end(node, outputs)

    def process(
        self,
        node_class: type[orm.ProcessNode],
        name: str,
        process_type: str,
        inputs: Inputs,
        caller: orm.ProcessNode | None = None,
        label: str = "",
    ) -> Any:
        """Store a running process with its inputs."""
        node: Any = node_class(process_type=process_type)
        if isinstance(node, orm.CalcJobNode):
            node.computer = self.codes["cp2k"].computer
        node.set_process_label(name)
        node.label = label
        calculation = isinstance(node, orm.CalculationNode)
        for key, value in inputs.items():
            node.base.links.add_incoming(value, LinkType.INPUT_CALC if calculation else LinkType.INPUT_WORK, key)
        if caller is not None:
            node.base.links.add_incoming(caller, LinkType.CALL_CALC if calculation else LinkType.CALL_WORK, label)
        node.store()
        node.set_process_state("running")
        self.spans.append((node, self.clock, self.clock))
        return node

    def end(self, node: Any, outputs: Inputs) -> dict[str, Any]:
        """Give a process its outputs and end it well."""
        link = LinkType.CREATE if isinstance(node, orm.CalculationNode) else LinkType.RETURN
        for key, value in outputs.items():
            value.base.links.add_incoming(node, link, key)
            value.store()
        node.set_process_state("finished")
        node.set_exit_status(0)
        node.seal()
        self.spans = [(n, start, self.clock if n.pk == node.pk else stop) for n, start, stop in self.spans]
        return dict(outputs)

    def settle(self) -> None:
        """Give every process the simulated times of its beginning and end; the simulated present becomes now."""
        from aiida.manage import get_manager

        shift = datetime.now(tz=timezone.utc) - self.clock
        for node, start, stop in self.spans:
            model = node.backend_entity.bare_model
            model.ctime, model.mtime = start + shift, stop + shift
        get_manager().get_profile_storage().get_session().commit()
