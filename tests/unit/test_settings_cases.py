"""The cases of bad input that need neither an engine nor a cluster, in the process of the tests."""

from collections.abc import Generator

import pytest
from pulumi.runtime.config import set_all_config

from components.errors import StackError
from components.settings import load
from tests.bad_input.cases import as_engine_passes, case, names_of, sentences

CASES = {name: case(name, {"context": "a-context"}) for name in names_of("on reading")}


@pytest.fixture(autouse=True)
def no_configuration_afterwards() -> Generator[None]:
    yield
    set_all_config({}, [])


@pytest.mark.parametrize("name", CASES)
def test_bad_settings_are_refused_with_the_sentences_of_their_case(name: str) -> None:
    bad = CASES[name]
    config = {key: as_engine_passes(value) for key, value in bad.stack.items()}
    secrets = {path.partition(".")[0]: value for path, value in bad.secrets.items()}
    set_all_config({**config, **secrets}, list(secrets))

    with pytest.raises(StackError) as refused:
        load()

    assert sentences(str(refused.value)) == bad.message
