"""Where a model is: paths that are taken, and paths that are refused in words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model_path import parse_model_path


@pytest.mark.parametrize(
    ("text", "kind", "kept", "in_bucket"),
    [
        ("gs://kubeflow-models/inception", "gs", "gs://kubeflow-models/inception", "kubeflow-models/inception"),
        ("gs://kubeflow-models/inception//", "gs", "gs://kubeflow-models/inception", "kubeflow-models/inception"),
        ("gs://models.example.com/", "gs", "gs://models.example.com", "models.example.com"),
        ("s3://a-1/b/c d".replace(" ", "+"), "s3", "s3://a-1/b/c+d", "a-1/b/c+d"),
        (
            's3://models/it\'s:100%,"x"=1/模型',
            "s3",
            's3://models/it\'s:100%,"x"=1/模型',
            'models/it\'s:100%,"x"=1/模型',
        ),
        ("/mnt/models/inception/", "folder", "/mnt/models/inception", ""),
        ("/m", "folder", "/m", ""),
    ],
)
def test_a_path_is_of_a_kind_and_has_no_slash_at_its_end(text: str, kind: str, kept: str, in_bucket: str) -> None:
    path = parse_model_path(text)
    assert (path.kind, path.text, path.in_bucket) == (kind, kept, in_bucket)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no path of a model"),
        ("models/inception", "is no path of a model"),
        ("gs:/models/inception", "is no path of a model"),
        ("hdfs://models/inception", "has the scheme hdfs://"),
        ("GS://models/inception", "has the scheme GS://"),
        ("s3a://models/inception", "has the scheme s3a://"),
        ("://models", "has the scheme ://"),
        ("gs://", "names no bucket"),
        ("gs:///inception", "names no bucket"),
        ("s3://Models/inception", "names no bucket"),
        ("s3://m_/inception", "names no bucket"),
        ("s3://-models/inception", "names no bucket"),
        ("s3://localhost:9000/models", "names no bucket"),
        ("gs://models//inception", "has an empty part"),
        ("gs://models/../secrets", "has an empty part"),
        ("s3://models/*/1", "has an empty part"),
        ("s3://models/{a,b}", "has an empty part"),
        ("s3://models/[ab]", "has an empty part"),
        ("s3://models/my model", "has an empty part"),
        ("s3://models/a\u00a0b", "has an empty part"),
        ("s3://models/a\nb", "has an empty part"),
        ("/", "has an empty part"),
        ("//mnt/models", "has an empty part"),
        ("/mnt/./models", "has an empty part"),
        ("/mnt\\models", "has an empty part"),
    ],
)
def test_a_path_that_is_none_is_refused_in_words(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        parse_model_path(text)


def test_a_password_in_a_path_is_not_shown() -> None:
    with pytest.raises(ValueError, match="holds a user name or password") as refused:
        parse_model_path("s3://AKIAX:sesame@models/inception")
    assert "sesame" not in str(refused.value)
    assert "AKIAX" not in str(refused.value)


@given(st.builds("".join, st.tuples(st.sampled_from(["", "/", "gs://", "s3://", "s3://models/"]), st.text())))
def test_a_path_that_is_taken_is_taken_again_and_has_nothing_that_a_filter_would_read(text: str) -> None:
    try:
        path = parse_model_path(text)
    except ValueError:
        return
    assert parse_model_path(path.text) == path
    assert path.text == text.rstrip("/")
    parts = (path.in_bucket or path.text.removeprefix("/")).split("/")
    assert not {"", ".", ".."} & set(parts)
    assert not re.search(r"[*?\[\]{}\\\s]", path.text)
