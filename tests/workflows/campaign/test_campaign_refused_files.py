"""A campaign file that cannot be read is refused with the line, and every answer may be shown in a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aiida_zif.workflows.campaign.loading import CampaignError, Problem, load_campaign

HEAD = "name: test\nprotocol: demo\n"
BASE = HEAD + "systems:\n  zif4: {structure: zif-4}\n"
Refuse = Callable[..., list[Problem]]


def test_a_missing_campaign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="no file"):
        load_campaign(tmp_path / "nothing.yaml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match="no regular file"):
        load_campaign(tmp_path)


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(CampaignError, match="no regular file"):
        load_campaign(tmp_path / "pipe.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_campaign_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "campaign.yaml"
    path.write_text(BASE)
    path.chmod(0)
    with pytest.raises(CampaignError, match="cannot be read"):
        load_campaign(path)


def test_a_huge_campaign_file_is_refused(refused: Refuse) -> None:
    assert "2000 kB" in refused("#" * 2_000_000)[0].found


def test_a_file_that_is_not_utf8_is_refused(refused: Refuse) -> None:
    assert "not UTF-8" in refused(BASE.encode() + "training: {rcut: 5 Å}".encode("latin-1"))[0].found


def test_a_syntax_error_is_refused_with_its_line(refused: Refuse) -> None:
    assert refused(BASE + "training: {steps: 3\nseed: 2\n")[0].line == 6


def test_a_tab_is_refused_with_its_line(refused: Refuse) -> None:
    assert refused(BASE + "training:\n\tsteps: 3\n")[0].line == 6


def test_a_key_given_twice_is_refused_with_both_lines(refused: Refuse) -> None:
    (problem,) = refused(BASE + "seed: 1\nseed: 2\n")
    assert (problem.line, problem.field) == (6, "seed")
    assert "first on line 5" in problem.found


def test_a_key_given_twice_deep_inside_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "training: {steps: 1, steps: 2}\n")[0].field == "training.steps"


@pytest.mark.parametrize("text", ["", "- a\n", "hello\n", "null\n"])
def test_a_file_without_keys_is_refused(refused: Refuse, text: str) -> None:
    assert "keys with values" in refused(text)[0].allowed


def test_two_documents_are_refused(refused: Refuse) -> None:
    assert "one plain YAML document" in refused(BASE + "---\n" + BASE)[0].allowed


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!mine x"])
def test_tags_are_refused(refused: Refuse, tag: str) -> None:
    problem = refused(BASE + f"seed: {tag}\n")[0]
    assert problem.line == 5
    assert "tag" in problem.found


def test_a_file_that_unfolds_is_refused(refused: Refuse) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))
    assert "too large" in refused(BASE + bomb)[0].found


def test_a_file_that_refers_to_itself_is_refused(refused: Refuse) -> None:
    assert "refers to itself" in refused(BASE + "training: &t {deepmd: *t}\n")[0].found


def test_a_file_nested_without_end_is_refused(refused: Refuse) -> None:
    assert refused(BASE + "training: " + "[" * 20_000)


@pytest.mark.parametrize("key", ["1", "null", "no", "2020-01-01", "[a]"])
def test_a_key_that_is_no_text_is_refused(refused: Refuse, key: str) -> None:
    assert "not read as text" in refused(BASE + f"training: {{{key}: 1}}\n")[0].found


@pytest.mark.parametrize("value", ["2020-13-45", "1" * 5000])
def test_a_value_that_yaml_cannot_build_is_refused(refused: Refuse, value: str) -> None:
    assert refused(BASE + f"seed: {value}\n")


def test_all_problems_come_in_one_go_in_the_order_of_the_file(refused: Refuse) -> None:
    text = HEAD + "seed: x\nsystems: {a: {structure: none}, zif4: {structure: zif-4}}\ntype_map: [H]\n"
    problems = refused(text + "training: {rcut: 5, models: 4}\nlimits: {cycles: -1}\n")
    fields = ["seed", "systems.a.structure", "type_map", "training.rcut", "limits.cycles"]
    assert [problem.field for problem in problems] == fields
    assert [problem.line for problem in problems] == [3, 4, 5, 6, 7]


def test_the_text_names_file_line_and_field(refused: Refuse) -> None:
    (problem,) = refused(BASE + "seed: x\n")
    assert problem.render().splitlines()[0].endswith("campaign.yaml:5: seed")


def test_control_characters_of_a_file_do_not_reach_the_terminal(refused: Refuse) -> None:
    (problem,) = refused(BASE + 'seed: "\\e[31mred"\n')
    assert problem.render().replace("\n", "").isprintable()


def test_a_long_value_is_shortened(refused: Refuse) -> None:
    (problem,) = refused(BASE + f"seed: {'x' * 1000}\n")
    assert len(problem.found) <= 80
