"""Whether the profile holds a campaign already, and which keys of its file say that it is another one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiida_zif.provenance.queries.campaigns import find_campaigns
from aiida_zif.provenance.queries.links import inputs_under

if TYPE_CHECKING:
    from aiida_zif.workflows.campaign.loading import Campaign

COST_ONLY = {
    "labelling.reuse": "a label that the profile holds of the same frame at the same level is the label",
    "labelling.batch_time": "into how many jobs the frames of a batch are cut",
}
"""Keys that cannot change what a campaign finds, and why; all others make another campaign."""
OF_A_SYSTEM = {
    "structure": "a file may move; its atoms are compared",
    "supercell": "the atoms are compared as they are in it",
    "source": "words about a structure",
    "licence": "words about a structure",
    "citation": "words about a structure",
}
"""Likewise, below ``systems.NAME``."""
CODES = ("cp2k", "dp", "lmp")
"""Codes that compute numbers; ``python`` only reads what they wrote. ``resources`` say where and how fast they run."""
ABSENT = "nothing"


@dataclass(frozen=True)
class Known:
    """A campaign of the profile beside one of a file of the same name.

    :param differing: in words every key by which the two differ; none if they are the same.
    """

    node: Any
    differing: list[str]


def known_campaigns(campaign: Campaign) -> Iterator[Known]:
    """Yield the campaigns of the same name that are running or finished well, the newest first.

    :raises CampaignError: if the imported frames of the file are not there.
    """
    for node in find_campaigns(label=campaign.name):
        if not node.is_terminated or node.is_finished_ok:
            yield Known(node, differences(node, campaign))


def differences(node: Any, campaign: Campaign) -> list[str]:
    """Return in words every key by which a campaign of the profile differs from one of a file; none if it is the same.

    :param node: of the campaign in the profile.
    """
    then, now = _settings(node, campaign)
    different = differing_keys(then, now, unknown_keys(then, now, _defaults(campaign)))
    return [*different, *other_codes(node, campaign), *other_inputs(node, campaign)]


def differing_keys(then: Mapping[str, Any], now: Mapping[str, Any], unknown: Collection[str] = ()) -> list[str]:
    """Return in words every key of two settings that differs, but for those that make no other campaign.

    :param unknown: keys that need not be in the first ones, see :func:`unknown_keys`.
    """
    before, after = dict(leaves(then)), dict(leaves(now))
    return [
        f"{key}: {_shown(before, key)} then, {_shown(after, key)} now"
        for key in dict.fromkeys([*after, *before])
        if not (_is_free(key) or key in unknown or _is_section(key, before) or _is_section(key, after))
        and (key not in before or key not in after or before[key] != after[key])
    ]


def unknown_keys(then: Mapping[str, Any], now: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """Return the keys that some settings lack and that are at their default today.

    Settings are stored whole, so the version that stored them did not know these keys. A file that says nothing of
    them still means the campaign that it meant then.

    :param defaults: sections of the protocol as they are today.
    """
    before, usual = dict(leaves(then)), dict(leaves(defaults))
    return [
        key
        for key, value in leaves(now)
        if key not in before and (of := _in_campaign(key)) in usual and usual[of] == value and not _is_free(key)
    ]


def keys_not_known_then(node: Any, campaign: Campaign) -> list[str]:
    """Return the keys that the version that began a campaign did not know, as far as they mean anything."""
    then, now = _settings(node, campaign)
    values = dict(leaves(now))
    return [key for key in unknown_keys(then, now, _defaults(campaign)) if values[key] is not None]


def _settings(node: Any, campaign: Campaign) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of a campaign of the profile, and of one of a file, by the keys of today."""
    from aiida_zif.workflows.campaign.settings import Settings

    return Settings.as_written(node.inputs.settings), campaign.settings().model_dump(mode="json")


def _defaults(campaign: Campaign) -> dict[str, Any]:
    """The sections of a campaign whose file says nothing but its protocol."""
    from aiida_zif.workflows.campaign.loading import sections_of_protocol

    return sections_of_protocol(campaign.protocol)


def _is_section(key: str, values: Mapping[str, Any]) -> bool:
    """Whether a key that is empty in one of two settings has keys below it in these, which are named themselves."""
    return any(other.startswith(f"{key}.") for other in values)


def _is_free(key: str) -> bool:
    """Whether a key makes no other campaign."""
    path = key.split(".")
    return key in COST_ONLY or (path[0] == "systems" and len(path) == 3 and path[2] in OF_A_SYSTEM)


def _in_campaign(key: str) -> str:
    """The key of the campaign that a key of one of its systems stands for: ``systems.a.exploration.b``."""
    path = key.split(".")
    return ".".join(path[2:]) if path[0] == "systems" else key


def leaves(values: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of nested sections with its key in dots; an empty section is a value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{at}{key}.")
        else:
            yield f"{at}{key}", value


def other_codes(node: Any, campaign: Campaign) -> list[str]:
    """Return in words the codes that compute numbers and are not those of the file."""
    labels = campaign.code_labels()
    found = {name: code.full_label for name, code in inputs_under(node, "codes").items() if name in CODES}
    return [
        f"codes.{name}: {code} then, {labels[name]} now"
        for name, code in found.items()
        if name in labels and code != labels[name]
    ]


def other_inputs(node: Any, campaign: Campaign) -> list[str]:
    """Return in words the structures and imports that have the same name and another content."""
    from aiida_zif.plugins.data.frame_id import frame_ids

    def content(atoms: Any) -> list[str]:
        return frame_ids(atoms.get_chemical_symbols(), [atoms.positions], [atoms.cell.array])

    then = {name: content(structure.get_ase()) for name, structure in node.inputs.systems.items()}
    structures = {name: content(atoms) for name, atoms in campaign.structures().items()}
    other = [name for name in structures if name in then and then[name] != structures[name]]
    return [f"systems.{name}.structure: other atoms" for name in other] + other_imports(node, campaign)


def other_imports(node: Any, campaign: Campaign) -> list[str]:
    """Return in words the uses for which a campaign began with other imported frames than its labels stand for now.

    :raises CampaignError: if the imported frames of the file are not there.
    """
    from aiida_zif.workflows.active_learning.imported.blocks import imported_blocks

    now = imported_blocks(campaign)
    sections = {"training": "seed_data", "held_out": "held_out"}
    return [
        f"{sections[use]}.imported: other frames"
        for use, blocks in now.items()
        if {block.uuid for block in inputs_under(node, f"imported__{use}").values()}
        != {block.uuid for block in blocks.values()}
    ]


def _shown(values: Mapping[str, Any], key: str) -> str:
    """A value as a message shows it."""
    if key not in values:
        return ABSENT
    text = json.dumps(values[key], ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
