"""The workflows are valid, and give nothing away to whoever opens a pull request."""

import re
import subprocess
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from tools import toolchain
from tools.places import CHECKOUT
from tools.programs import ACTIONLINT

WORKFLOWS = sorted((CHECKOUT / ".github" / "workflows").glob("*.yml"))


def jobs_of(file: Path) -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", yaml.safe_load(file.read_text())["jobs"])


def test_actionlint_finds_nothing() -> None:
    folder = toolchain.ensure(ACTIONLINT)["actionlint"]
    done = subprocess.run(
        [str(folder / "actionlint"), "-no-color", *map(str, WORKFLOWS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_to_commits(file: Path) -> None:
    uses = re.findall(r"uses: (\S+)", file.read_text())
    assert uses
    assert [action for action in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_scripts_take_what_a_pull_request_says_from_the_environment(file: Path) -> None:
    scripts = [step.get("run", "") for job in jobs_of(file).values() for step in job["steps"]]
    assert [script for script in scripts if "${{" in script] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_fork_gets_neither_secrets_nor_a_token_that_writes(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    triggers = content[True]  # YAML 1.1 reads the key "on" as true
    assert "pull_request_target" not in triggers
    assert "workflow_run" not in triggers
    assert content["permissions"] == {"contents": "read"}
    for job in jobs_of(file).values():
        from_here_alone = "head.repo.full_name == github.repository" in job.get("if", "")
        assert from_here_alone or "permissions" not in job


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_jobs_end_and_new_commits_cancel_old_runs(file: Path) -> None:
    assert all("timeout-minutes" in job for job in jobs_of(file).values())
    assert "concurrency" in yaml.safe_load(file.read_text())
