"""A campaign that goes on, as `extend` sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiida_zif.cli.common.profile import fail, load_campaign_node
from aiida_zif.cli.common.work import Work


class ExtensionWork(Work):
    """A campaign that goes on from another one.

    :param campaign: PK, UUID or name of the other one.
    :param studies: PKs or UUIDs of processes whose untrusted frames are labelled.
    :param frames: PKs or UUIDs of further sets of frames.
    :param cycles: of exploring and labelling after that.
    :param labels: paid for at most; None for what the limit of the campaign leaves.
    :param codes: ``NAME=LABEL@COMPUTER``, instead of those of the campaign.
    """

    noun = "campaign"
    kept = "reuses the labels that exist"

    def __init__(
        self,
        campaign: str,
        studies: Sequence[str],
        frames: Sequence[str],
        cycles: int,
        labels: int | None,
        codes: Sequence[str],
    ) -> None:
        from aiida_zif.workflows.active_learning.extension.builder import builder_of_extension
        from aiida_zif.workflows.user_input.problems import CampaignError

        self.campaign = load_campaign_node(campaign)
        self.frames = frames_of(studies, frames)
        self._builder: Any
        try:
            self._builder = builder_of_extension(self.campaign, self.frames, cycles, labels, read_codes(codes))
        except CampaignError as error:
            fail(str(error))

    @property
    def name(self) -> str:
        """Its name."""
        return str(self._builder.metadata.label)

    def look_up(self) -> None:
        """Check that the machine has the cores."""
        from aiida_zif.workflows.campaign.checks.machine_cores import require_cores
        from aiida_zif.workflows.campaign.schema.resources import Resources
        from aiida_zif.workflows.user_input.problems import CampaignError

        try:
            require_cores(Resources.from_node(self._builder.resources), dict(self._builder.codes))
        except CampaignError as error:
            fail(f"it would use more cores than the machine has.\n\n{error}")

    def notes(self) -> list[str]:
        """Return what it goes on from, and what it labels first."""
        plan = self.plan()
        lines = [f"Campaign {plan['name']} continues {self.campaign.label} <{self.campaign.pk}>."]
        lines += [
            f"  {row['system']}: {row['n_frames']} frames <{row['pk']}>, of which {row['n_inside']} between the trust "
            f"levels {row['lower']:g} and {row['upper']:g} eV/Å"
            for row in plan["frames"]
        ]
        most, cycles = plan["labels_left"], plan["cycles_left"]
        return [*lines, f"  at most {most} labels; {cycles} cycles of exploring and labelling after the first training"]

    def plan(self) -> dict[str, Any]:
        """Return what would run as plain values."""
        from aiida_zif.workflows.active_learning.extension.choice import DEVIATION
        from aiida_zif.workflows.active_learning.state.verdict import Verdict
        from aiida_zif.workflows.campaign.settings import Settings

        settings = Settings.from_node(self._builder.settings)
        verdict = Verdict.from_node(self._builder.previous.verdict)
        rows = []
        for node in self.frames:
            selection, deviation = settings.for_system(node.system).selection, node.get_array(DEVIATION)
            inside = int(((deviation >= selection.lower) & (deviation < selection.upper)).sum())
            levels = {"lower": selection.lower, "upper": selection.upper}
            rows.append({"pk": node.pk, "system": node.system, "n_frames": node.n_frames, "n_inside": inside, **levels})
        return {
            "name": self.name,
            "extends": {"pk": self.campaign.pk, "name": self.campaign.label, "n_labels": verdict.n_labels},
            "frames": rows,
            "labels_left": settings.limits.labels - verdict.n_labels,
            "cycles_left": settings.limits.cycles - verdict.cycle - bool(rows),
            "codes": {name: code.full_label for name, code in self._builder.codes.items()},
        }

    def known(self) -> Any:
        """Return the campaign that goes on from the same results with the same frames and limits, if there is one."""
        from aiida_zif.provenance.queries.known_extension import known_extension

        return known_extension(self._builder)

    def builder(self) -> Any:
        """Return the builder."""
        return self._builder


def frames_of(studies: Sequence[str], frames: Sequence[str]) -> list[Any]:
    """Return the untrusted frames of studies and further sets of frames, each once; end if there is nothing."""
    from aiida import orm

    from aiida_zif.plugins.data.frames import FramesData
    from aiida_zif.workflows.active_learning.extension.sources import untrusted_of

    found: dict[str, Any] = {}
    for identifier in studies:
        process = load_node(identifier, "--from")
        if not isinstance(process, orm.ProcessNode):
            allowed = "a study, a melt-quench or a trajectory; `--frames` takes sets of frames"
            fail(f"--from {identifier}: found {type(process).__name__}; allowed: {allowed}; fix: give its PK.")
        untrusted = untrusted_of(process)
        if not untrusted:
            fix = "there is nothing to label; to explore further, give --cycles N"
            fail(f"--from {identifier}: found no untrusted frames; allowed: a study that has some; fix: {fix}.")
        found |= {node.uuid: node for node in untrusted}
    for identifier in frames:
        node = load_node(identifier, "--frames")
        if not isinstance(node, FramesData):
            fail(
                f"--frames {identifier}: found {type(node).__name__}; allowed: FramesData; fix: give the output "
                "`untrusted` of a study, or the study itself as --from."
            )
        found[node.uuid] = node
    return list(found.values())


def load_node(identifier: str, option: str) -> Any:
    """Return the node of a PK or UUID; end if there is none."""
    from aiida import orm
    from aiida.common.exceptions import MultipleObjectsError, NotExistent

    try:
        return orm.load_node(identifier)
    except (NotExistent, MultipleObjectsError, ValueError) as error:
        fail(f"{option} {identifier}: {error}; allowed: PK or UUID of a node of this profile; fix: correct it.")


def read_codes(texts: Sequence[str]) -> dict[str, Any]:
    """Return codes by their names in a campaign file; end if one is not there."""
    from aiida import orm
    from aiida.common.exceptions import MultipleObjectsError, NotExistent

    names = ("cp2k", "dp", "lmp", "python")
    found = {}
    for text in texts:
        name, _, label = text.partition("=")
        if name not in names or not label:
            fail(f"--code {text}: allowed: NAME=LABEL@COMPUTER with a NAME of {', '.join(names)}; fix: correct it.")
        try:
            found[name] = orm.load_code(label)
        except (NotExistent, MultipleObjectsError, ValueError) as error:
            fail(f"--code {text}: {error}; allowed: a code of the profile; fix: `verdi code list` lists them.")
    return found
