"""Models of somebody else: stored once with what was declared of them, as nodes with a creator."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiida import orm

from aiida_zif.plugins.data.labelled_frame import FormatError
from aiida_zif.plugins.deepmd.models.bias import read_bias, with_bias
from aiida_zif.provenance.lineage.ancestry import in_lines, what_stands_behind
from aiida_zif.provenance.lineage.lookup import Target
from aiida_zif.provenance.lineage.trace import trace
from aiida_zif.workflows.training import import_model as module
from aiida_zif.workflows.training.import_model import import_model, import_models, model_declaration_of

REAL = Path(__file__).parents[2] / "plugins" / "fixtures" / "deepmd" / "train_ok" / "model.pb"
SAID = {"level": "PBE of a test", "source": "doi:10.1/x", "by": "A. Author", "licence": "MIT", "citation": None}
Files = Callable[..., list[Path]]


@pytest.fixture(autouse=True)
def no_trial(aiida_profile: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """DeePMD-kit is not started; what it finds is tested with the reader."""
    monkeypatch.setattr(module, "tried", lambda path, model: "DeePMD-kit of a test")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Model files that differ in their energy bias."""

    def write(*biases: float) -> list[Path]:
        content = REAL.read_bytes()
        known = read_bias(content)
        assert known is not None
        paths = [tmp_path / f"model_{index}.pb" for index in range(len(biases))]
        for path, bias in zip(paths, biases, strict=True):
            path.write_bytes(with_bias(content, known + bias))
        return paths

    return write


def test_a_potential_has_the_file_and_the_declaration_as_its_origin(files: Files) -> None:
    ((potential, new),) = import_models(files(1.0), SAID)
    assert new
    assert potential.get_content(mode="rb") == files(1.0)[0].read_bytes()
    assert (potential.type_map, potential.rcut, potential.model_backend) == (["H", "Zn"], 5.0, "tensorflow")
    assert potential.deepmd_version == "not stated (file format 1.1)"
    assert potential.creator.process_label == "import_model"
    declared = model_declaration_of(potential)
    assert declared is not None
    assert (declared.source, declared.by, declared.licence, declared.tried) == (
        "doi:10.1/x", "A. Author", "MIT", "DeePMD-kit of a test",
    )  # fmt: skip


def test_several_files_are_a_committee_and_a_file_comes_in_once(files: Files) -> None:
    first = import_models(files(2.0), SAID)[0][0]
    found = import_models(files(2.0, 3.0), SAID)
    assert [new for _, new in found] == [False, True]
    assert found[0][0].uuid == first.uuid


def test_a_name_does_not_make_another_model(files: Files, tmp_path: Path) -> None:
    first = import_models(files(4.0), SAID)[0][0]
    shutil.copy(tmp_path / "model_0.pb", tmp_path / "renamed.pb")
    ((again, new),) = import_models([tmp_path / "renamed.pb"], SAID)
    assert (again.uuid, new) == (first.uuid, False)


def test_the_same_file_with_another_declaration_is_refused(files: Files) -> None:
    import_models(files(5.0), SAID)
    with pytest.raises(FormatError, match=r"found source 'doi:10.1/y', where its import"):
        import_models(files(5.0), {**SAID, "source": "doi:10.1/y"})


def test_a_committee_has_different_models(files: Files) -> None:
    with pytest.raises(FormatError, match=r"model_1.pb: found the same content as model_0.pb"):
        import_models(files(6.0, 6.0), SAID)


def test_a_committee_has_one_order_of_elements(files: Files, tmp_path: Path) -> None:
    paths = files(7.0, 8.0)
    paths[1].write_bytes(paths[1].read_bytes().replace(b"B\x04H Zn", b"B\x04Zn H"))
    with pytest.raises(FormatError, match="found the elements Zn H"):
        import_models(paths, SAID)


def test_nothing_is_stored_if_one_of_the_files_is_no_model(files: Files, tmp_path: Path) -> None:
    paths = files(9.0)
    (tmp_path / "broken.pb").write_bytes(b"")
    before = orm.QueryBuilder().append(orm.Node).count()
    with pytest.raises(FormatError, match=r"broken.pb: found an empty file"):
        import_models([*paths, tmp_path / "broken.pb"], SAID)
    assert orm.QueryBuilder().append(orm.Node).count() == before


def test_another_file_than_the_declared_one_is_refused() -> None:
    raw = orm.SinglefileData(io.BytesIO(REAL.read_bytes()), filename="model.pb")
    declaration = orm.Dict({"schema": 1, "name": "model.pb", "checksum": "0" * 64, "level": "x", "source": "y"})
    with pytest.raises(FormatError, match="not the declared one"):
        import_model(raw, declaration)


def test_its_lineage_ends_with_the_source(files: Files) -> None:
    ((potential, _),) = import_models(files(10.0), SAID)
    (origin,) = trace(Target(potential)).origins
    assert origin.kind == "import"
    for words in ("model_0.pb", "doi:10.1/x", "PBE of a test (as declared)", "by A. Author", "licence MIT", "SHA-256"):
        assert words in origin.title


def test_it_counts_as_imported_not_as_trained(files: Files) -> None:
    ((potential, _),) = import_models(files(11.0), SAID)
    behind: dict[str, Any] = what_stands_behind(potential)
    assert (behind["n_trainings"], behind["n_imported_models"]) == (0, 1)
    assert any("1 imported model" in line for line in in_lines(behind))
