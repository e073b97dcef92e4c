"""Members of a committee that shared a job keep their names, seeds and starts, and tell what a training takes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiida import orm
from aiida.common.links import LinkType

from aiida_zif.plugins.data.potential import DeepPotentialData
from aiida_zif.provenance.costs.measured import training_paces
from aiida_zif.provenance.lineage.ancestry import what_stands_behind
from aiida_zif.provenance.lineage.lookup import find_target
from aiida_zif.provenance.lineage.trace import trace
from aiida_zif.provenance.queries.trainings import PACK, member_of, seeds_of, starts_of, warm_starts

NETWORK = {"type_map": ["H", "O"]}


@pytest.fixture
def pack(aiida_profile: object, tmp_path: Path, generate_frames: Any) -> Any:
    """Store a job that trained two members, the second one from a model of before; return its models."""
    place = {"transport_type": "core.local", "scheduler_type": "core.direct", "workdir": str(tmp_path)}
    computer = orm.Computer(f"packing-{tmp_path.name}", "localhost", **place).store()

    def store(start: DeepPotentialData | None = None) -> dict[str, DeepPotentialData]:
        node = orm.CalcJobNode(computer=computer, process_type=PACK)
        node.set_process_label("DeepmdTrainPackCalculation")
        processes = {"num_machines": 1, "num_mpiprocs_per_machine": 2, "num_cores_per_mpiproc": 3}
        node.set_option("resources", processes)
        inputs = {"dataset__b": generate_frames(2), "parameters": orm.Dict({"model": NETWORK})}
        inputs |= {f"seeds__model_{index}": orm.Int(7 + index) for index in range(2)}
        inputs |= {} if start is None else {"init_models__model_1": start}
        for label, data in inputs.items():
            node.base.links.add_incoming(data.store(), LinkType.INPUT_CALC, label)
        node.store()
        models = {}
        for name in ("model_0", "model_1"):
            numbers = orm.Dict({"steps": 500, "wall_s": 70.0, "seconds_per_step": 0.1})
            models[name] = DeepPotentialData(
                BytesIO(b"model"), filename="model.pb", type_map=["H", "O"], rcut=5.0, model_backend="pytorch"
            )
            for output, data in (("output_parameters", numbers), ("potential", models[name])):
                data.base.links.add_incoming(node, LinkType.CREATE, f"{output}__{name}")
                data.store()
        return models

    return store


def test_every_member_of_a_pack_keeps_its_name_its_seed_and_its_start(pack: Any) -> None:
    first = pack()
    second = pack(first["model_1"])
    assert [member_of(model) for model in first.values()] == ["model_0", "model_1"]
    assert seeds_of(second["model_0"].creator) == {"model_0": 7, "model_1": 8}
    assert list(starts_of(second["model_0"].creator)) == ["model_1"]
    assert [len(warm_starts(second[name])) for name in ("model_0", "model_1")] == [1, 2]
    assert what_stands_behind(second["model_1"])["n_trainings"] == 2  # of the first model_1 and its own


def test_the_lineage_of_a_packed_model_names_all_that_were_trained_with_it(pack: Any) -> None:
    models = pack()
    origin = trace(find_target(str(models["model_1"].pk)))
    assert origin.title.startswith("potential model_1")
    assert "2 members side by side, seeds 7, 8" in origin.origins[0].title


def test_a_member_of_a_pack_tells_what_a_training_on_its_share_of_the_cores_takes(pack: Any) -> None:
    computer = pack()["model_0"].creator.computer
    (pace,) = training_paces(computer.uuid, NETWORK)
    assert (pace.layout, pace.next_s, pace.n_jobs) == ((1, 3), 0.1, 1)
