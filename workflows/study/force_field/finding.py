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
from aiida_zif.workflows.training.named_models import known_names, models_of_name
from aiida_zif.workflows.user_input.problems import did_you_mean, listed, shown

DeepPotentialData = DataFactory("zif.potential")

CAMPAIGN = "aiida.workflows:zif.active_learning"
FINISHED = "a campaign that has ended with a committee"
A_MODEL = "a model (DeepPotentialData) of the profile"
A_FORCE_FIELD = "a campaign, a model, or the name of an import"


def find_force_field(section: ForceField) -> KnownForceField:
    """Return what a study needs to know of its models.

    :param section: of the study file.
    :raises ForceFieldFault: if the profile does not hold it, or if its models do not fit each other.
    """
    if section.named is not None:
        return of_name(section.named)
    if section.campaign is not None:
        return of_campaign(section.campaign)
    if section.committee is not None:
        return of_models(section.committee, "committee")
    if section.model is not None:
        return of_models([section.model], "model")
    return of_import(section.imported or [])


def of_name(text: str) -> KnownForceField:
    """Return the one force field that a name, PK or UUID means.

    :raises ForceFieldFault: if it means none, or several.
    """
    by_name = {
        "campaign": lambda: bool(campaigns({"label": text})),
        "imported": lambda: bool(models_of_name(text) or imported_under(text)),
    }
    kinds = [kind for kind, is_there in by_name.items() if is_there()]
    node = node_of(text)
    if isinstance(node, DeepPotentialData) and not (kinds == ["imported"] and node.uuid in uuids_of(text)):
        kinds.append("model")
    elif isinstance(node, orm.ProcessNode) and node.process_type == CAMPAIGN and node.label != text:
        kinds.append("campaign")
    if len(kinds) > 1:
        ways = " or ".join(f"{{{kind}: {text}}}" for kind in dict.fromkeys(kinds))
        fix = f"write {ways}; of a campaign its UUID is never taken for a name"
        raise ForceFieldFault((), f"{shown(text)}, which is the name or PK of several", "what means one thing", fix)
    if kinds:
        return find_force_field(ForceField.model_validate({kinds[0]: text}))
    if node is not None:
        raise ForceFieldFault((), f"{shown(text)}, which is a {type_of(node)}", A_FORCE_FIELD, way_for(node))
    names = sorted({*names_of_campaigns(), *known_names(), *names_of_imports()})
    otherwise = how_to_import(text) if FILE.search(text) else "run the campaign first, or import the model"
    found, allowed = f"{shown(text)}, which the profile does not hold", f"what the profile holds: {listed(names)}"
    raise ForceFieldFault((), found, allowed, did_you_mean(text, names, otherwise))


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
        names = names_of_campaigns()
        found = f"{shown(text)}, which the profile does not hold"
        fix = did_you_mean(text, names, "run the campaign first: `aiida-zif run CAMPAIGN`")
        if models_of_name(text) or imported_under(text):
            fix = f"write {{imported: {text}}}"
        elif FILE.search(text):
            fix = how_to_import(text)
        raise ForceFieldFault(("campaign",), found, f"campaigns of the profile: {listed(names)}", fix) from None
    if not isinstance(node, orm.ProcessNode) or node.process_type != CAMPAIGN:
        found = f"{shown(text)}, which is a {type_of(node)}"
        raise ForceFieldFault(("campaign",), found, FINISHED, way_for(node))
    return node


def names_of_campaigns() -> list[str]:
    """Return the names of the campaigns of the profile."""
    return sorted({node.label for node in campaigns({}) if node.label})


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


def of_models(texts: list[str], key: str) -> KnownForceField:
    """Return models that are named one by one; the first one drives.

    :param key: of the study file that names them: ``committee``, or ``model`` of one.
    """
    nodes = [load_model(text, (key, index) if key == "committee" else (key,)) for index, text in enumerate(texts)]
    words = "model" if len(nodes) == 1 else "models"
    found = known(numbered(nodes), f"{words} {listed([name_of(node) for node in nodes])}", (key,))
    refuse_twice(nodes, texts, key)
    return found


def refuse_twice(nodes: list[Any], texts: list[str], key: str) -> None:
    """Refuse a model that is named twice, or under two names: copies agree on everything.

    :raises ForceFieldFault: naming both.
    """
    for index, node in enumerate(nodes):
        for other in range(index):
            if is_copy(node, nodes[other]):
                which = "which is" if node.uuid == nodes[other].uuid else "which has the content of"
                found = f"{texts[index]}, {which} {key}[{other}], too"
                raise ForceFieldFault((key, index), found, "every model once", "remove one of the two")


def is_copy(one: Any, other: Any) -> bool:
    """Whether two models are the same node, or have the same content."""
    return bool(one.uuid == other.uuid or one.base.repository.hash() == other.base.repository.hash())


def numbered(nodes: list[Any]) -> dict[str, Any]:
    """Return models by the labels of a committee, whose order is theirs."""
    width = len(str(len(nodes) - 1))
    return {f"model_{index:0{width}d}": node for index, node in enumerate(nodes)}


def load_model(text: str, path: tuple[str | int, ...]) -> Any:
    """Return the model of a PK or UUID, or that was imported from a file of this name."""
    if found := imported_under(text):
        return found[0]
    try:
        node: Any = orm.load_node(text)
    except (NotExistent, MultipleObjectsError, ValueError) as error:
        found_words = f"{shown(text)}, which the profile does not hold"
        if isinstance(error, MultipleObjectsError):
            found_words = f"{shown(text)}, with which several UUIDs begin"
        fix = did_you_mean(text, names_of_imports(), "`aiida-zif lineage CAMPAIGN` shows the PKs of its models")
        raise ForceFieldFault(path, found_words, A_MODEL, how_to_import(text) if FILE.search(text) else fix) from None
    if not isinstance(node, DeepPotentialData):
        raise ForceFieldFault(path, f"{shown(text)}, which is a {type_of(node)}", A_MODEL, way_for(node))
    return node


def node_of(text: str) -> Any:
    """Return the node of a PK or UUID; None if there is none."""
    try:
        return orm.load_node(text)
    except (NotExistent, MultipleObjectsError, ValueError):
        return None


def of_import(names: list[str]) -> KnownForceField:
    """Return models that were imported, by the name of their import or of their files; the first one drives."""
    nodes: list[Any] = []
    texts: list[str] = []
    for name in names:
        members = models_of_name(name) or [imported_model(name)]
        nodes, texts = [*nodes, *members], [*texts, *[name] * len(members)]
    found = known(numbered(nodes), f"imported {listed([name_of(node) for node in nodes])}", ("imported",))
    refuse_twice(nodes, texts, "imported")
    return found


def imported_model(name: str) -> Any:
    """Return the model that was imported from a file of this name; of several the newest."""
    if found := imported_under(name):
        return found[0]
    names = sorted({*known_names(), *names_of_imports()})
    what, allowed = f"{shown(name)}, which was not imported", f"imports of the profile: {listed(names)}"
    fix = did_you_mean(name, names, how_to_import(name if FILE.search(name) else "MODEL.pb"))
    raise ForceFieldFault(("imported",), what, allowed, fix)


def imported_under(name: str) -> list[Any]:
    """Return the models that were imported from a file of this name, with or without its ending, the newest first."""
    return [node for node in imported_models() if node.label and name in (node.label, PurePath(node.label).stem)]


def uuids_of(name: str) -> list[str]:
    """Return the UUIDs of what was imported under a name."""
    return [node.uuid for node in [*models_of_name(name), *imported_under(name)]]


def names_of_imports() -> list[str]:
    """Return the names of the files that were imported."""
    return sorted({str(node.label) for node in imported_models()} - {""})


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
            where = path if path == ("campaign",) else (*path, list(models).index(label))
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
