"""A force field is found by campaign, committee, model or import; what is none is refused with what to write."""

from __future__ import annotations

import os
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from plumpy import ProcessState

from aiida_zif.workflows.study.force_field.finding import CAMPAIGN, find_force_field, models_of
from aiida_zif.workflows.study.force_field.known import ForceFieldFault
from aiida_zif.workflows.study.schema.force_field import ForceField

Factory = Callable[..., Any]


@pytest.fixture
def model(aiida_profile: object) -> Factory:
    """Factory of stored models, each with a content of its own unless one is given."""

    def make(
        type_map: tuple[str, ...] = ("H", "Zn"), rcut: float = 5.0, label: str = "", content: bytes | None = None
    ) -> Any:
        from aiida_zif.plugins.data.potential import DeepPotentialData

        named = {"type_map": list(type_map), "rcut": rcut, "model_backend": "tensorflow", "deepmd_version": "3"}
        node = DeepPotentialData(BytesIO(os.urandom(8) if content is None else content), filename="model.pb", **named)
        node.label = label
        return node.store()

    return make


@pytest.fixture
def campaign(model: Factory, request: pytest.FixtureRequest) -> Factory:
    """Factory of campaigns in the profile, named after the test unless a name is given."""

    def make(state: ProcessState = ProcessState.FINISHED, models: int = 2, exit_status: int | None = 0) -> Any:
        from aiida import orm
        from aiida.common.links import LinkType

        node = orm.WorkChainNode(process_type=CAMPAIGN, label=request.node.name)
        node.store()
        for index in range(models):
            potential = model()
            potential.base.links.add_incoming(node, LinkType.RETURN, f"committee__model_{index}")
        node.set_process_state(state)
        if exit_status is not None and state is ProcessState.FINISHED:
            node.set_exit_status(exit_status)
        return node

    return make


def fault_of(**section: Any) -> ForceFieldFault:
    """What is wrong with a section."""
    with pytest.raises(ForceFieldFault) as caught:
        find_force_field(ForceField.model_validate(section))
    return caught.value


@pytest.mark.parametrize("by", ["label", "pk", "uuid"])
def test_a_campaign_gives_its_last_committee_by_name_pk_and_uuid(campaign: Factory, by: str) -> None:
    node = campaign()
    known = find_force_field(ForceField.model_validate({"campaign": str(getattr(node, by))}))
    assert list(known.models) == ["model_0", "model_1"]
    assert (known.type_map, known.rcut, known.campaign) == (("H", "Zn"), 5.0, node.uuid)
    assert known.words == f"committee of campaign {node.label} <{node.pk}>: 2 models"
    assert [potential.uuid for potential in models_of(known).values()] == list(known.models.values())


def test_of_several_campaigns_of_a_name_the_newest_with_a_committee_counts(campaign: Factory) -> None:
    older, newer = campaign(), campaign()
    campaign(ProcessState.WAITING, models=0)
    assert older.label == newer.label
    assert find_force_field(ForceField(campaign=newer.label)).campaign == newer.uuid


def test_a_campaign_that_stopped_learning_still_has_a_committee(campaign: Factory) -> None:
    assert find_force_field(ForceField(campaign=campaign(exit_status=502).label)).n_models == 2


@pytest.mark.parametrize(
    ("state", "found", "fix"),
    [
        (ProcessState.WAITING, "which is still running", "aiida-zif watch"),
        (ProcessState.FINISHED, "which ended without a committee", "aiida-zif status"),
        (ProcessState.KILLED, "which ended without a committee", "aiida-zif status"),
    ],
)
def test_a_campaign_without_a_committee_is_refused_with_what_to_do(
    campaign: Factory, state: ProcessState, found: str, fix: str
) -> None:
    node = campaign(state, models=0, exit_status=301)
    fault = fault_of(campaign=node.label)
    assert found in fault.found
    assert f"{fix} {node.pk}" in fault.fix


def test_a_misspelt_campaign_is_refused_with_the_nearest_name(campaign: Factory) -> None:
    node = campaign()
    fault = fault_of(campaign=node.label[:-1] + "q")
    assert fault.fix == f"did you mean {node.label!r}?"
    assert node.label in fault.allowed


def test_models_by_themselves_are_a_committee_in_their_order(model: Factory) -> None:
    first, second = model(rcut=5.0), model(rcut=6.0)
    known = find_force_field(ForceField.model_validate({"committee": [second.pk, first.uuid]}))
    assert list(known.models.values()) == [second.uuid, first.uuid]
    assert known.rcut == 6.0


def test_models_of_other_elements_or_another_order_are_no_committee(model: Factory) -> None:
    first, second = model(), model(("Zn", "H"))
    fault = fault_of(committee=[first.pk, second.pk])
    assert fault.path == ("committee", 1)
    assert "type map Zn, H of model_1" in fault.found
    assert "H, Zn of model_0" in fault.found
    assert "trained together" in fault.fix


def test_the_same_model_twice_is_no_committee(model: Factory) -> None:
    node = model()
    fault = fault_of(committee=[node.pk, node.uuid])
    assert fault.path == ("committee", 1)
    assert "committee[0], too" in fault.found


def test_what_is_no_model_is_refused_with_the_key_that_it_belongs_to(campaign: Factory, model: Factory) -> None:
    from aiida import orm

    node, potential = campaign(), model()
    assert f"{{campaign: {node.pk}}}" in fault_of(model=node.pk).fix
    assert f"{{model: {potential.pk}}}" in fault_of(campaign=potential.pk).fix
    number = orm.Int(3).store()
    assert fault_of(model=number.pk).found == f"'{number.pk}', which is a Int"


def test_the_work_chain_that_trained_a_committee_is_answered_with_its_models(model: Factory) -> None:
    from aiida import orm
    from aiida.common.links import LinkType

    chain = orm.WorkChainNode(process_type="aiida.workflows:zif.train_committee").store()
    models = [model(), model()]
    for index, node in enumerate(models):
        node.base.links.add_incoming(chain, LinkType.RETURN, f"committee__model_{index}")
    assert f"{{committee: [{models[0].pk}, {models[1].pk}]}}" in fault_of(model=chain.pk).fix


@pytest.mark.parametrize("section", [{"model": "987654321"}, {"committee": ["987654321", "12"]}, {"model": "nothing"}])
def test_a_model_that_is_not_there_is_refused(aiida_profile: object, section: dict[str, Any]) -> None:
    assert "which the profile does not hold" in fault_of(**section).found


def test_an_import_is_found_by_the_name_of_its_file(aiida_profile: object) -> None:
    from aiida import orm
    from aiida.common.links import LinkType

    from aiida_zif.plugins.data.potential import DeepPotentialData

    call = orm.CalcFunctionNode(process_type="x")
    call.base.attributes.set("process_label", "import_model")
    call.store()

    named = {"type_map": ["H", "Zn"], "rcut": 5.5, "model_backend": "tensorflow", "deepmd_version": "3"}
    node = DeepPotentialData(BytesIO(b"other"), filename="model.pb", **named)
    node.label = "their-zif.pb"
    node.base.links.add_incoming(call, LinkType.CREATE, "result")
    node.store()
    for name in ("their-zif.pb", "their-zif"):
        assert find_force_field(ForceField.model_validate({"imported": name})).models == {"model_0": node.uuid}
    assert fault_of(imported="their-zi.pb").fix == "did you mean 'their-zif.pb'?"
    assert "aiida-zif import 42.pth --level" in fault_of(imported="42.pth").fix


@pytest.mark.parametrize("by", ["label", "pk", "uuid"])
def test_a_bare_name_pk_or_uuid_means_what_it_names(campaign: Factory, by: str) -> None:
    node = campaign()
    known = find_force_field(ForceField.model_validate(getattr(node, by)))
    assert known.campaign == node.uuid


def test_a_bare_list_is_a_committee_and_a_bare_pk_a_model(model: Factory) -> None:
    first, second = model(), model()
    assert list(models_of(find_force_field(ForceField.model_validate([first.pk, second.pk]))).values()) == [
        first,
        second,
    ]
    assert find_force_field(ForceField.model_validate(first.pk)).n_models == 1


def test_a_name_of_an_import_means_its_models_in_their_order(model: Factory) -> None:
    from aiida_zif.workflows.training.named_models import name_models

    first, second = model(), model()
    name_models("zif-of-others", [second, first])
    for section in ("zif-of-others", {"imported": "zif-of-others"}):
        known = find_force_field(ForceField.model_validate(section))
        assert list(known.models.values()) == [second.uuid, first.uuid]


def test_a_name_of_two_things_is_refused_with_both_ways_to_write_it(campaign: Factory, model: Factory) -> None:
    from aiida_zif.workflows.training.named_models import name_models

    node = campaign()
    name_models(node.label, [model(), model()])
    fault = fault_of(named=node.label)
    assert "the name or PK of several" in fault.found
    assert f"{{campaign: {node.label}}} or {{imported: {node.label}}}" in fault.fix


def test_copies_of_a_model_are_no_committee(model: Factory) -> None:
    fault = fault_of(committee=[model(content=b"same").pk, model(content=b"same").pk])
    assert "which has the content of committee[0], too" in fault.found
