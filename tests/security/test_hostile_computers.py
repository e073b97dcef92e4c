"""Files of a computer from a stranger: what would reach a shell or another host is refused by field.

``prepend_text`` and ``append_text`` are shell by design, as the documentation says.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from aiida_zif.setup.computers.files import read_site
from aiida_zif.workflows.user_input.problems import CampaignError

COMPUTER = {
    "label": "cluster",
    "hostname": "cluster.example.org",
    "transport": "core.ssh_async",
    "scheduler": "core.slurm",
    "work_dir": "/scratch/{username}/aiida",
}
CODE = {"label": "cp2k", "computer": "cluster", "filepath_executable": "/opt/cp2k.psmp"}


def refused(folder: Path, **changes: dict[str, object]) -> str:
    """Return what is wrong with a computer after changes of its files; it is harmless on a terminal."""
    contents = {"computer": COMPUTER, "configure": {"safe_interval": 15.0}, "cp2k": CODE}
    for name, content in contents.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({**content, **changes.get(name, {})}))
    with pytest.raises(CampaignError) as caught:
        read_site([folder])
    text = str(caught.value)
    assert text.replace("\n", "").isprintable()
    return text


def test_the_files_themselves_are_fine(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception):
        refused(tmp_path)


@pytest.mark.parametrize("text", ["a\nb", "$(id)", "a;b", "`id`", "a\x00b", "a\x1b[31mb", "a b'"])
@pytest.mark.parametrize("key", ["label", "hostname", "work_dir"])
def test_names_that_a_shell_would_read_are_refused(tmp_path: Path, key: str, text: str) -> None:
    value = f"/{text}" if key == "work_dir" else text
    assert f": {key}" in refused(tmp_path, computer={key: value})


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("computer", "mpirun_command", "mpirun -np 2; rm -rf ~"),
        ("computer", "mpirun_command", "mpirun $(id)"),
        ("computer", "shebang", "#!/bin/bash\nrm -rf ~"),
        ("computer", "transport", "mine.transport"),
        ("computer", "scheduler", "os:system"),
        ("configure", "host", "-oProxyCommand=id"),
        ("configure", "host", "a b"),
        ("configure", "safe_interval", float("nan")),
        ("cp2k", "filepath_executable", "cp2k; id"),
        ("cp2k", "filepath_executable", "/opt/cp2k\nid"),
        ("cp2k", "default_calc_job_plugin", "os:system"),
        ("cp2k", "label", "../x"),
    ],
)
def test_a_value_that_would_do_more_is_refused(tmp_path: Path, file: str, key: str, value: object) -> None:
    assert f": {key}" in refused(tmp_path, **{file: {key: value}})


def test_a_host_is_never_taken_on_trust(tmp_path: Path) -> None:
    for policy in ("AutoAddPolicy", "WarningPolicy"):
        text = refused(tmp_path, computer={"transport": "core.ssh"}, configure={"key_policy": policy})
        assert ": key_policy" in text
        assert "fingerprint" in text


def test_a_file_that_runs_code_or_unfolds_is_refused(tmp_path: Path) -> None:
    (tmp_path / "computer.yaml").write_text("transport: !!python/object/apply:os.system ['id']\n")
    with pytest.raises(CampaignError, match="tag"):
        read_site([tmp_path])
    (tmp_path / "computer.yaml").write_text("a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(9000)))
    with pytest.raises(CampaignError, match="too large"):
        read_site([tmp_path])
