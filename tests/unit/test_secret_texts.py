"""Texts that look like secrets are refused in settings, and shown to nobody."""

import copy
import json
from collections.abc import Generator, Iterator
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config

from components.errors import Problem, StackError, cluster_refusal, refuse_arguments
from components.schema.areas import AREAS, PROJECT
from components.schema.shown import LONGEST_SHOWN
from components.secret_texts import concealed, is_named_secret, shape_of
from components.settings import load
from tests.bad_input.cases import as_engine_passes
from tests.support.stacks import STACKS

WHOLE = "Zq3xV7mK9pLw2Rt5Yb8N"
"""A part of each secret below."""
SECRETS = {
    "a private key": f"-----BEGIN RSA PRIVATE KEY-----\n{WHOLE}\n-----END RSA PRIVATE KEY-----",
    "a key of Google Cloud": json.dumps({"type": "service_account", "private_key": WHOLE}),
    "a key of Azure": f"AccountName=team;AccountKey={WHOLE}{WHOLE}==;EndpointSuffix=core.windows.net",
    "a token of GitHub": f"ghp_{WHOLE}{WHOLE}",
    "a token of GitLab": f"glpat-{WHOLE}",
    "a token of Hugging Face": f"hf_{WHOLE}{WHOLE}",
    "a token of Slack": f"xoxb-1234-{WHOLE}",
    "an API key": f"sk-proj-{WHOLE}",
    "a JSON web token": f"eyJhbGciOiJub25l.eyJ{WHOLE}.{WHOLE}",
    "a URL with a password": f"postgres://ada:{WHOLE}@db.example.com/team",
}
AREA_VALUES = [
    {f"{PROJECT}:{area}": value} for stack in STACKS.values() for area, value in stack.items() if area in AREAS
]


@pytest.fixture(autouse=True)
def no_configuration_afterwards() -> Generator[None]:
    yield
    set_all_config({}, [])


def places(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    """Where anything stands in a value."""
    yield path
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from places(inner, *path, key)
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from places(inner, *path, index)


def put(value: Any, path: tuple[str | int, ...], what: str) -> Any:
    if not path:
        return what
    changed = copy.copy(value)
    changed[path[0]] = put(value[path[0]], path[1:], what)
    return changed


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(), kind=st.sampled_from(sorted(SECRETS)), before=st.sampled_from(["", "--token=", "x" * LONGEST_SHOWN])
)
def test_a_secret_anywhere_in_the_settings_is_refused_and_not_shown(
    data: st.DataObject, kind: str, before: str
) -> None:
    stack = data.draw(st.sampled_from(AREA_VALUES))
    ((area, value),) = stack.items()
    path = data.draw(st.sampled_from(list(places(value))))
    # A word before it would be a part of a token.
    planted = f"{before} {SECRETS[kind]}" if before and not before.endswith("=") else f"{before}{SECRETS[kind]}"
    bad = put(value, path, planted)
    set_all_config({f"{PROJECT}:cluster": json.dumps({"context": "a-context"}), area: as_engine_passes(bad)}, [])
    with pytest.raises(StackError) as refused:
        load()
    assert WHOLE not in str(refused.value)
    assert area in str(refused.value)


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_of_a_known_kind_is_known_and_concealed(kind: str) -> None:
    assert shape_of(f"--key={SECRETS[kind]}") == kind
    assert WHOLE not in concealed(f"Get {SECRETS[kind]}: refused")
    assert WHOLE not in str(cluster_refusal("kubeflow:cluster.context", f"the API server says {SECRETS[kind]}"))
    with pytest.raises(ValueError, match="cannot be made") as refused:
        refuse_arguments("The job a", [Problem("pods.image", f'"{SECRETS[kind]}" is no image')])
    assert WHOLE not in str(refused.value)


def test_no_value_of_an_honest_stack_looks_like_a_secret() -> None:
    assert not [text for stack in STACKS.values() for text in texts(stack) if shape_of(text)]


def texts(value: Any) -> Iterator[str]:
    for path in places(value):
        found = value
        for step in path:
            found = found[step]
        if isinstance(found, str):
            yield found


@pytest.mark.parametrize(
    "name",
    [
        *("HF_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "API_KEY", "WANDB_API_KEY", "token", "githubToken"),
        *("GOOGLE_CREDENTIALS", "PRIVATE_KEY", "CLIENT_SECRET", "APIKEY", "SSH_PASSPHRASE"),
    ],
)
def test_what_has_the_name_of_a_secret_is_one(name: str) -> None:
    assert is_named_secret(name, "correct-horse")
    assert is_named_secret(name, "wJalr/7MDENG/bPx")
    for harmless in ("", "true", "<pad>", "[MASK]", "$(OTHER)", "/run/secrets/x", "https://example.com/x", "512"):
        assert not is_named_secret(name, harmless)


@pytest.mark.parametrize(
    "name",
    [
        *("LEVEL", "TOKENIZERS_PARALLELISM", "MAX_TOKENS", "TOKEN_URL", "PASSWORD_FILE", "AWS_ACCESS_KEY_ID", "KEY"),
        *(
            "SECRET_NAME",
            "MONKEY",
            "KEYBOARD",
            "TOKENIZER",
            "EOS_TOKEN_ID",
            "TOKEN_EMBEDDING",
            "PWD",
            "SORT_KEY",
            "1",
            "",
        ),
    ],
)
def test_what_is_about_secrets_is_none(name: str) -> None:
    assert not is_named_secret(name, "correct-horse")
