"""Entries of DeePMD-kit's input.json are checked by its own description before the first label is paid for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiida_zif.plugins.deepmd import argument_check
from aiida_zif.workflows.campaign.checks.deepmd import most_neighbours
from aiida_zif.workflows.campaign.loading import CampaignError, Problem, campaign_from_structures

BASE = "name: test\nprotocol: demo\nsystems:\n  zif4: {structure: zif-4}\n"
COUNTED = "at least the neighbours within the cut-off in structures and their copies: H 15, C 14, N 10, Zn 3"
Refuse = Callable[..., list[Problem]]
needs_deepmd = pytest.mark.skipif(not argument_check.is_installed(), reason="DeePMD-kit is not installed")


def only_problem(refused: Refuse, entries: str) -> tuple[str, str, str, str]:
    """The one problem of a campaign with these entries, without the path of the section."""
    (problem,) = refused(BASE + f"training: {{deepmd: {{{entries}}}}}\n")
    assert problem.line == 5
    return problem.field.removeprefix("training.deepmd."), problem.found, problem.allowed, problem.fix


@needs_deepmd
@pytest.mark.parametrize(
    ("entries", "field", "found", "fix"),
    [
        ("training: {batchsize: 4}", "training.batchsize", "the key 'batchsize'", "did you mean 'batch_size'?"),
        ("model: {descriptor: {neurons: [5]}}", "model.descriptor.neurons", "the key", "did you mean 'neuron'?"),
        ("learning_rate: {type: no}", "learning_rate.type", "False", "take one of these"),
        ("learning_rate: {type: expp}", "learning_rate.type", "'expp'", "did you mean 'exp'?"),
        ("learning_rate: {start_lr: '1e-3'}", "learning_rate.start_lr", "'1e-3'", "without quotes and unit"),
        ("learning_rate: {start_lr: true}", "learning_rate.start_lr", "true", "write such a value"),
        ("learning_rate: {type: exp, decay_steps: 5.5}", "learning_rate.decay_steps", "5.5", "write such a value"),
        ("training: {enable_ema: true}", "training.enable_ema", "which is for PyTorch", "leave it out"),
        ("optimizer: {type: AdamW}", "optimizer.type", "which is for PyTorch", "leave it out"),
        ("model: {descriptor: {n_axis_neuron: 8}}", "model.descriptor.n_axis_neuron", "the key", "'axis_neuron'"),
        ("model: {descriptor: {precision: doubel}}", "model.descriptor.precision", "'doubel'", "take one of these"),
        ("model: {descriptor: {neuron: 25}}", "model.descriptor.neuron", "25", "write such a value"),
        ("model: {$ref: other.json}", "model.$ref", "the key", "remove it"),
    ],
)  # fmt: skip
def test_what_deepmd_kit_does_not_take_is_refused_by_key(
    refused: Refuse, entries: str, field: str, found: str, fix: str
) -> None:
    problem = only_problem(refused, entries)
    assert problem[0] == field
    assert found in problem[1]
    assert fix in problem[3]


@pytest.mark.parametrize(
    ("entries", "field", "allowed"),
    [
        ("model: [1, 2]", "model", "keys with values"),
        ("model: {fitting_net: null}", "model.fitting_net", "keys with values"),
        ("optimizer: Adam", "optimizer", "keys with values"),
        ("model: {descriptor: {type: se_atten}}", "model.descriptor.type", "se_e2_a"),
        ("model: {fitting_net: {type: dipole}}", "model.fitting_net.type", "ener"),
        ("model: {use_srtab: a.txt}", "model.use_srtab", "models that need no other file or data than labels"),
        ("model: {fitting_net: {numb_fparam: 1}}", "model.fitting_net.numb_fparam", "0"),
        ("loss: {start_pref_ae: 1}", "loss.start_pref_ae", "0"),
        ("loss: {start_pref_f: -1}", "loss.start_pref_f", "0 or more"),
        ("model: {descriptor: {rcut_smth: 5}}", "model.descriptor.rcut_smth", "below the cut-off of 5 (training.rcut)"),
        ("model: {descriptor: {axis_neuron: 41}}", "model.descriptor.axis_neuron", "at most the last layer"),
        ("model: {descriptor: {neuron: []}}", "model.descriptor.neuron", "a list of layers"),
        ("model: {descriptor: {exclude_types: [[0, 4]]}}", "model.descriptor.exclude_types", "0 to 3"),
        ("learning_rate: {start_lr: 0}", "learning_rate.start_lr", "a number from 1e-10 to 1"),
        ("learning_rate: {start_lr: 1e-3, stop_lr: 1e-2}", "learning_rate.stop_lr", "at most start_lr, 0.001"),
        ("training: {disp_freq: 1201}", "training.disp_freq", "at most the steps of the training, 1200"),
        ("training: {batch_size: '4'}", "training.batch_size", "a whole number, auto, auto:N or max:N"),
        ("training: {batch_size: 'filter:100'}", "training.batch_size", "a whole number, auto, auto:N or max:N"),
        ("training: {stop_batch: 10}", "training.stop_batch", "keys that do not follow from the campaign"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_in_a_training_is_refused(refused: Refuse, entries: str, field: str, allowed: str) -> None:
    problem = only_problem(refused, entries)
    assert problem[0] == field
    assert allowed in problem[2]


@pytest.mark.parametrize(
    ("sel", "allowed"),
    [
        ("[20, 20]", "auto, or a whole number for each of H, C, N, Zn"),
        ("'auto:1.5'", "auto, or a whole number for each of H, C, N, Zn"),
        ("[2, 2, 2, 2]", COUNTED),
        ("[14, 12, 10, 2]", COUNTED),  # the crystal's own, which its copies exceed
        ("[4000, 90, 10, 2]", "numbers from 0, 4096 at most in all"),
    ],
)
def test_room_for_too_few_or_far_too_many_neighbours_is_refused(refused: Refuse, sel: str, allowed: str) -> None:
    problem = only_problem(refused, f"model: {{descriptor: {{sel: {sel}}}}}")
    assert problem[0] == "model.descriptor.sel"
    assert problem[2] == allowed


def test_neighbours_are_counted_over_all_images() -> None:
    from ase import Atoms

    atoms = Atoms("NaCl", positions=[[0, 0, 0], [2, 0, 0]], cell=[4, 4, 4], pbc=True)
    # within 4.1 Å of each: 6 images of its own kind at 4 Å; of the other 2 at 2 Å, no more (next at 4.47 Å)
    assert most_neighbours([atoms], ["Na", "Cl", "H"], 4.1) == [6, 6, 0]


@pytest.mark.parametrize(
    "entries",
    [
        {"learning_rate": {"start_lr": 0.005}},
        {"learning_rate": {"type": "exp", "decay_steps": 100}},
        {"optimizer": {"adam_beta2": 0.999}},
        {"training": {"batch_size": "auto:32", "disp_freq": 100, "save_freq": 400}},
        {"model": {"descriptor": {"sel": [15, 15, 10, 3], "neuron": [25, 50, 100], "type_one_side": False}}},
        {"model": {"descriptor": {"type": "se_a", "precision": "float64"}, "fitting_net": {"neuron": [240, 240]}}},
        {"loss": {"start_pref_v": 0.0, "limit_pref_v": 0}},
    ],
)
def test_what_deepmd_kit_takes_is_taken(entries: dict[str, object]) -> None:
    from aiida_zif.plugins.systems import load_system

    campaign = campaign_from_structures({"a": load_system("zif-4")}, "demo", {"training": {"deepmd": entries}})
    assert campaign.training.deepmd == entries


def test_without_deepmd_kit_sense_is_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiida_zif.plugins.systems import load_system

    monkeypatch.setattr(argument_check, "is_installed", lambda: False)
    for entries, field in [({"neuron": "wide"}, "neuron"), ({"rcut_smth": 9}, "rcut_smth"), ({"type": "dpa3"}, "type")]:
        with pytest.raises(CampaignError, match=rf"training\.deepmd\.model\.descriptor\.{field}"):
            campaign_from_structures(
                {"a": load_system("zif-4")}, "demo", {"training": {"deepmd": {"model": {"descriptor": entries}}}}
            )
