"""Rules of the code that no linter knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.places import CHECKOUT

LONGEST_FILE = 300
COMPONENTS = sorted((CHECKOUT / "components").rglob("*.py"))
IN_THE_HUB = "files"


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_component_files_keep_the_house_rules(file: Path) -> None:
    text = file.read_text()
    tree = ast.parse(text)
    assert text.count("\n") <= LONGEST_FILE
    for name, call in calls(tree):
        if name.endswith(".apply"):
            inner = {inner for argument in call.args for inner, _ in calls(argument)}
            assert not any(each.rpartition(".")[2][:1].isupper() for each in inner), f"{name} makes a resource"
        if name in ("pulumi.Config", "Config", "pulumi.get_stack"):
            assert file.name == "settings.py", f"{name} outside settings.py"
    if IN_THE_HUB not in file.parts:
        statements = [node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
        assert not statements, "something runs when the module is imported"


def test_program_reads_like_a_page() -> None:
    text = (CHECKOUT / "__main__.py").read_text()
    assert text.count("\n") <= 95
    assert "pulumi_kubernetes" not in text


def test_tokens_are_their_own() -> None:
    tokens = [
        keyword.value.value
        for file in COMPONENTS
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg == "token" and isinstance(keyword.value, ast.Constant)
    ]
    assert len(tokens) == len(set(tokens)) > 0
    assert all(str(token).startswith("kubeflow:") for token in tokens)
