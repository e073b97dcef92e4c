"""The force field that a study file names, found in the profile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, NoReturn

from aiida import orm
from aiida.common.exceptions import MultipleObjectsError, NotExistent
from aiida.plugins import DataFactory

from aiida_zif.workflows.study.force_field.known import ForceFieldFault, KnownForceField
from aiida_zif.workflows.study.schema.force_field import FILE, ForceField, how_to_import
from aiida_zif.workflows.training.import_model import IMPORT_MODEL
from aiida_zif.workflows.user_input.problems import did_you_mean, listed, shown

DeepPotentialData = DataFactory("zif.potential")

CAMPAIGN = "aiida.workflows:zif.active_learning"
FINISHED = "a campaign that has ended with a committee"
A_MODEL = "a model (DeepPotentialData) of the profile"


def find_force_field(section: ForceField) -> KnownForceField:
    """Return what a study needs to know of its models.

    :param section: of the study file.
    :raises ForceFieldFault: if the profile does not hold it, or if its models do not fit each other.
    """
    if section.campaign is not None:
        return of_campaign(section.campaign)
    if section.committee is not None:
        return of_committee(section.committee)
    if section.model is not None:
        node = load_model(section.model, ("model",))
        return known({"model_0": node}, f"model {name_of(node)}", ("model",))
    return of_import(section.imported or [])


def models_of(found: KnownForceField) -> dict[str, Any]:
    """Return the nodes of the models by label, as a work chain takes them."""
    return {label: orm.load_node(uuid) for label, uuid in found.models.items()}


# -- a campaign ------------------------------------------------------------------------------------------------


def of_campaign(text: str) -> KnownForceField:
    """Return the last committee of a campaign."""
    node = campaign_node(text)
    name = f"campaign {node.label} <{node.pk}>"
    models = namespace(node, "committee")
    if not models:
        refuse_unfinished(node, name)
    return known(models, f"committee of {name}", ("campaign",), campaign=node.uuid)


def campaign_node(text: str) -> Any:
    """Return the campaign of a name, PK or UUID; of several of one name the newest with a committee."""
    named = campaigns({"label": text})
    if named:
        return next((node for node in named if namespace(node, "committee")), named[0])
    try:
        node: Any = orm.load_node(text)
    except (NotExistent, MultipleObjectsError, ValueError):
        names = sorted({node.label for node in campaigns({}) if node.label})
        found = f"{shown(text)}, which the profile does not hold"
        fix = did_you_mean(text, names, "run the campaign first: `aiida-zif run CAMPAIGN`")
        raise ForceFieldFault(("campaign",), found, f"campaigns of the profile: {listed(names)}", fix) from None
    if not isinstance(node, orm.ProcessNode) or node.process_type != CAMPAIGN:
        found = f"{shown(text)}, which is a {type_of(node)}"
        raise ForceFieldFault(("campaign",), found, FINISHED, way_for(node))
    return node


def campaigns(filters: Mapping[str, Any]) -> list[Any]:
    """Return campaigns of the profile, the newest first."""
    query = orm.QueryBuilder()
    query.append(orm.WorkChainNode, filters={"process_type": CAMPAIGN, **filters}, tag="campaign")
    return query.order_by({"campaign": {"ctime": "desc"}}).all(flat=True)


def refuse_unfinished(node: Any, name: str) -> NoReturn:
    """Say why a campaign has no committee to give."""
    if not node.is_terminated:
        found, fix = f"{name}, which is still running", f"wait for it: `aiida-zif watch {node.pk}`"
    else:
        found = f"{name}, which ended without a committee"
        fix = f"see `aiida-zif status {node.pk}`, and run it again or name another one"
    raise ForceFieldFault(("campaign",), found, FINISHED, fix)


# -- models by themselves ----------------------------------------------------------------------------------------


def of_committee(texts: list[str]) -> KnownForceField:
    """Return a committee of models that are named one by one; the first one drives."""
    nodes = [load_model(text, ("committee", index)) for index, text in enumerate(texts)]
    seen: dict[str, int] = {}
    for index, node in enumerate(nodes):
        if node.uuid in seen:
            found = f"{texts[index]}, which is committee[{seen[node.uuid]}], too"
            raise ForceFieldFault(("committee", index), found, "every model once", "remove one of the two")
        seen[node.uuid] = index
    width = len(str(len(nodes) - 1))
    models = {f"model_{index:0{width}d}": node for index, node in enumerate(nodes)}
    return known(models, f"models {listed([f'<{node.pk}>' for node in nodes])}", ("committee",))


def load_model(text: str, path: tuple[str | int, ...]) -> Any:
    """Return the model of a PK or UUID."""
    try:
        node: Any = orm.load_node(text)
    except (NotExistent, MultipleObjectsError, ValueError) as error:
        found = f"{shown(text)}, which the profile does not hold"
        if isinstance(error, MultipleObjectsError):
            found = f"{shown(text)}, with which several UUIDs begin"
        fix = "`aiida-zif lineage CAMPAIGN` shows the PKs of its models"
        raise ForceFieldFault(path, found, A_MODEL, fix) from None
    if not isinstance(node, DeepPotentialData):
        raise ForceFieldFault(path, f"{shown(text)}, which is a {type_of(node)}", A_MODEL, way_for(node))
    return node


def of_import(names: list[str]) -> KnownForceField:
    """Return models that were imported, by the names of their files; the first one drives."""
    nodes = [imported_model(name) for name in names]
    width = len(str(len(nodes) - 1))
    models = {f"model_{index:0{width}d}": node for index, node in enumerate(nodes)}
    return known(models, f"imported {listed([name_of(node) for node in nodes])}", ("imported",))


def imported_model(name: str) -> Any:
    """Return the model that was imported from a file of this name; of several the newest."""
    models = imported_models()
    found = [node for node in models if name in (node.label, PurePath(node.label).stem)]
    if not found:
        names = sorted({str(node.label) for node in models} - {""})
        what, allowed = f"{shown(name)}, which was not imported", f"imports of the profile: {listed(names)}"
        fix = did_you_mean(name, names, how_to_import(name if FILE.search(name) else "MODEL.pb"))
        raise ForceFieldFault(("imported",), what, allowed, fix)
    return found[0]


def imported_models() -> list[Any]:
    """Return the models that came as files, the newest first."""
    query = orm.QueryBuilder().append(orm.CalcFunctionNode, filters={"attributes.process_label": IMPORT_MODEL}, tag="c")
    query.append(DeepPotentialData, with_incoming="c", tag="model")
    return query.order_by({"model": {"ctime": "desc"}}).all(flat=True)


# -- what they have in common --------------------------------------------------------------------------------------


def known(
    models: Mapping[str, Any], words: str, path: tuple[str | int, ...], campaign: str | None = None
) -> KnownForceField:
    """Return what a study needs to know of some models.

    :param models: by label; the first one drives.
    :param words: what they are called.
    :raises ForceFieldFault: if they do not know the same elements in the same order.
    """
    first, *others = models.items()
    for label, node in others:
        if node.type_map != first[1].type_map:
            found = (
                f"type map {listed(node.type_map)} of {label} <{node.pk}>, {listed(first[1].type_map)} of {first[0]}"
            )
            where = (*path, list(models).index(label)) if path == ("committee",) else path
            allowed = "models of one type map, in the same order"
            raise ForceFieldFault(where, found, allowed, "take models that were trained together")
    return KnownForceField(
        models={label: node.uuid for label, node in models.items()},
        type_map=tuple(first[1].type_map),
        rcut=max(node.rcut for node in models.values()),
        words=f"{words}: {len(models)} model{'s' if len(models) > 1 else ''}",
        campaign=campaign,
    )


def namespace(node: Any, name: str) -> dict[str, Any]:
    """Return the outputs of a process below a namespace, by label."""
    links = node.base.links.get_outgoing().all()
    found = {link.link_label: link.node for link in links if link.link_label.startswith(f"{name}__")}
    return {label.removeprefix(f"{name}__"): found[label] for label in sorted(found)}


def way_for(node: Any) -> str:
    """Return how to name something that stands under the wrong key."""
    if isinstance(node, DeepPotentialData):
        return f"write force_field: {{model: {node.pk}}}"
    if isinstance(node, orm.ProcessNode):
        if node.process_type == CAMPAIGN:
            return f"write force_field: {{campaign: {node.pk}}}"
        if models := namespace(node, "committee"):
            return f"write force_field: {{committee: [{', '.join(str(model.pk) for model in models.values())}]}}"
    return "name a model, a committee or a campaign"


def type_of(node: Any) -> str:
    """Return what a node is, for messages."""
    return str(node.process_label or type(node).__name__) if isinstance(node, orm.ProcessNode) else type(node).__name__


def name_of(node: Any) -> str:
    """Return label and PK of a node."""
    return f"{node.label} <{node.pk}>" if node.label else f"<{node.pk}>"
