"""How many cores of one machine a campaign may use at once (no AiiDA)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aiida_zif.workflows.campaign.schema.resources import RankStage, Resources, Stage, TrainStage


def cores_at_once(resources: Resources) -> dict[str, tuple[int, str]]:
    """Return the most cores that each stage has at work at the same time, and the product in words.

    Systems that are acquired side by side may all be explored, or all be labelled, and share the jobs that labelling
    may have at a time.
    """
    label, train, explore, test = resources.label, resources.train, resources.explore, resources.test
    acquired = explore.concurrent
    labellings = max(label.concurrent, acquired)
    return {
        "label": (
            label.ranks * label.threads * labellings,
            f"{label.ranks} ranks × {label.threads} threads × {labellings} jobs",
        ),
        "train": (
            train.ranks * train.threads * train.at_a_time,
            f"{train.ranks} ranks × {train.threads} threads × {train.lanes} lanes × {train.concurrent} jobs",
        ),
        "explore": (
            explore.lanes * explore.threads * acquired,
            f"{explore.lanes} lanes × {explore.threads} threads × {acquired} systems",
        ),
        "test": (test.lanes * test.threads, f"{test.lanes} lanes × {test.threads} threads"),
    }


def oversubscribed(resources: Resources, cores: Mapping[str, int]) -> Iterator[tuple[str, str, str, str]]:
    """Yield field, what was found, what is allowed and the fix of each stage that asks for more than there is.

    :param cores: of the machine of a stage that runs its jobs at once; stages whose jobs queue are left out.
    """
    for stage, (wanted, words) in cores_at_once(resources).items():
        if stage in cores and wanted > cores[stage]:
            allowed = f"at most {cores[stage]} cores at once: this machine has no queue"
            yield (
                f"resources.{stage}",
                f"{wanted} cores at once ({words})",
                allowed,
                _fix(getattr(resources, stage), cores[stage]),
            )


def _fix(stage: Stage, cores: int) -> str:
    """Return the widest resources of a stage that fit: its processes first, one thread each."""
    width = "ranks" if isinstance(stage, RankStage) else "lanes"
    if isinstance(stage, TrainStage):  # members of a committee, each on one core
        return f"write for example {{ranks: 1, threads: 1, lanes: {cores}, concurrent: 1}}"
    return f"write for example {{{width}: {cores}, threads: 1, concurrent: 1}}"
