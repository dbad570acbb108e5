"""The init containers that fetch a model from S3: the real rclone, and a real store."""

import hashlib
import shutil
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.recorder import record
from tests.support.serving.fetch import Fetching
from tests.support.serving.s3_store import BUCKET, PART, Fault, Store, s3_store, self_signed

GRAPH, INDEX, DATA = "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"
WARM_UP = "assets.extra/tf_serving_warmup_requests"
MODEL: dict[str, bytes] = {
    f"{version}/{file}": hashlib.sha512(f"{version}/{file}".encode()).digest()
    for version in ("1", "0007", "12")
    for file in (GRAPH, INDEX, DATA, WARM_UP)
}
"""Files of a model, by their paths; one version as TensorFlow 1 wrote their names."""
ONE = f"1/{GRAPH}"
NO_SUCH_FOLDER, FAILED, RETRIES_EXHAUSTED = 3, 1, 5
"""How rclone ends."""


@pytest.fixture
def store() -> Generator[Store]:
    with s3_store() as made:
        fill(made)
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def fill(store: Store, *, public: bool = True) -> None:
    for file, content in MODEL.items():
        store.put(f"bert/{file}", content, public=public)
    store.put("bert-2/1/saved_model.pb", b"another model", public=public)


def fetching(store: Store, folder: Path, secret: dict[str, str] | None = None, **settings: Any) -> Fetching:
    """The init containers of a server called ``bert``, as the program registers them."""
    settings = {"modelPath": f"s3://{BUCKET}/bert", "s3UseHttps": False, "s3Endpoint": store.endpoint, **settings}
    if secret:
        settings["s3SecretName"] = "s3"
    registered = record(serving={"tfServing": {"bert": settings}}).one("Deployment", "bert")
    return Fetching(
        pod=registered.inputs["spec"]["template"]["spec"], folder=folder, secrets={"s3": secret} if secret else {}
    )


def files(folder: Path) -> dict[str, bytes]:
    """The files of the model that was fetched."""
    model = folder / "bert"
    return {str(file.relative_to(model)): file.read_bytes() for file in model.rglob("*") if file.is_file()}


def test_a_model_is_fetched_whole(store: Store, folder: Path) -> None:
    done = fetching(store, folder).run_all()
    assert (done.args, done.returncode) == ("all", 0)
    assert files(folder) == MODEL
    assert {each.name for each in folder.iterdir()} == {"bert"}


def test_a_model_is_where_the_server_looks_for_it(store: Store, folder: Path) -> None:
    settings = {"modelPath": f"s3://{BUCKET}/bert", "modelName": "BERT_large.v2", "s3Endpoint": store.endpoint}
    recording = record(serving={"tfServing": {"bert": {**settings, "s3UseHttps": False}}})
    pod = recording.one("Deployment", "bert").inputs["spec"]["template"]["spec"]
    assert Fetching(pod=pod, folder=folder).run_all().returncode == 0
    config = recording.one("ConfigMap", "serving-bert-config").inputs["data"]["models.config"]
    assert 'base_path: "/models/BERT_large.v2"\n' in config
    assert (folder / "BERT_large.v2" / ONE).read_bytes() == MODEL[ONE]


@pytest.mark.parametrize(
    ("versions", "folders"), [([1], {"1"}), ([7], {"0007"}), ([12, 7], {"12", "0007"}), ([1, 99], {"1"})]
)
def test_only_the_versions_asked_for_are_fetched(
    versions: list[int], folders: set[str], store: Store, folder: Path
) -> None:
    assert fetching(store, folder, versions=versions).run_all().returncode == 0
    assert files(folder) == {file: content for file, content in MODEL.items() if file.partition("/")[0] in folders}
    assert {key.split("/")[1] for key in store.read} == folders


@pytest.mark.parametrize(
    "settings", [{"modelPath": f"s3://{BUCKET}/brt"}, {"modelPath": f"s3://{BUCKET}/ber"}, {"versions": [99]}]
)
def test_a_model_that_is_not_there_fails_before_the_server_starts(
    settings: dict[str, Any], store: Store, folder: Path
) -> None:
    done = fetching(store, folder, **settings).run_all()
    assert (done.args, done.returncode) == ("verify-model", NO_SUCH_FOLDER)
    assert "There was nothing to transfer" in done.stdout
    path = settings.get("modelPath", f"s3://{BUCKET}/bert")
    assert f"S3 bucket {BUCKET} path {path.rpartition('/')[2]}" in done.stdout


def test_a_bucket_that_is_not_there_fails_by_name(store: Store, folder: Path) -> None:
    done = fetching(store, folder, modelPath="s3://modles/bert").run_all()
    assert (done.args, done.returncode) == ("fetch-model", NO_SUCH_FOLDER)
    assert "S3 bucket modles path bert: error reading source root directory: directory not found" in done.stdout


@pytest.mark.parametrize("fault", [Fault("truncated", 1), Fault("corrupted", 1), Fault(503, 1)], ids=str)
def test_what_fails_once_is_fetched_again(fault: Fault, store: Store, folder: Path) -> None:
    store.faults[f"bert/{ONE}"] = fault
    done = fetching(store, folder).run_all()
    assert (done.args, done.returncode) == ("all", 0)
    assert files(folder) == MODEL
    assert store.read.count(f"bert/{ONE}") == 2


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (Fault("truncated"), RETRIES_EXHAUSTED, f"{ONE}: Failed to copy: unexpected EOF"),
        (Fault("corrupted"), FAILED, "corrupted on transfer: md5 hashes differ"),
        (Fault(403), FAILED, f"{ONE}: Failed to copy: failed to open source object"),
        (Fault(404), 4, f"{ONE}: Failed to copy: failed to open source object: object not found"),
    ],
    ids=str,
)
def test_an_object_that_never_comes_whole_fails_by_name_and_is_not_left(
    fault: Fault, code: int, said: str, store: Store, folder: Path
) -> None:
    store.faults[f"bert/{ONE}"] = fault
    done = fetching(store, folder).run_all()
    assert (done.args, done.returncode) == ("fetch-model", code)
    assert [line for line in done.stdout.splitlines() if ONE in line and said in line]
    # What could be fetched is kept for the next try.
    assert files(folder) == {file: content for file, content in MODEL.items() if file != ONE}


def test_the_next_try_completes_what_an_earlier_one_has_left(store: Store, folder: Path) -> None:
    containers = fetching(store, folder)
    assert containers.run_all().returncode == 0
    (folder / "bert" / ONE).write_bytes(b"cut off")
    (folder / "bert" / f"{ONE}.58b2a0ff.partial").write_bytes(b"cut off")
    shutil.rmtree(folder / "bert" / "12")
    store.read.clear()
    assert containers.run_all().returncode == 0
    assert files(folder) == MODEL
    assert set(store.read) == {f"bert/{file}" for file in MODEL if file == ONE or file.startswith("12/")}


def test_a_version_that_the_store_has_no_more_is_not_kept(store: Store, folder: Path) -> None:
    containers = fetching(store, folder)
    assert containers.run_all().returncode == 0
    for file in (each for each in MODEL if each.startswith("12/")):
        store.client("s3").delete_object(Bucket=BUCKET, Key=f"bert/{file}")
    assert containers.run_all().returncode == 0
    assert {file.partition("/")[0] for file in files(folder)} == {"1", "0007"}


def damage(file: Path) -> None:
    file.write_bytes(bytes(len(file.read_bytes())))


def lose(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("harm", [damage, lose, cut])
@pytest.mark.parametrize("file", [ONE, f"0007/{DATA}"])
def test_a_copy_that_is_not_as_the_store_has_it_is_found(harm: Any, file: str, store: Store, folder: Path) -> None:
    containers = fetching(store, folder)
    assert containers.run("fetch-model").returncode == 0
    harm(folder / "bert" / file)
    done = containers.run("verify-model")
    assert done.returncode == FAILED
    assert [line for line in done.stdout.splitlines() if "ERROR" in line and f"{file}: " in line]
    assert "1 differences found" in done.stdout


def test_a_large_object_in_parts_is_fetched_whole_and_compared_by_size(store: Store, folder: Path) -> None:
    content = bytes(range(1, 256)) * (2 * PART // 255) + b"the end"
    store.put(f"bert/1/{DATA}", content)
    assert "-" in store.client("s3").head_object(Bucket=BUCKET, Key=f"bert/1/{DATA}")["ETag"]
    containers = fetching(store, folder)
    assert containers.run_all().returncode == 0
    assert files(folder)[f"1/{DATA}"] == content
    # Whoever uploaded it left no MD5 of the whole with it.
    damage(folder / "bert" / "1" / DATA)
    done = containers.run("verify-model")
    assert done.returncode == 0
    assert "1 hashes could not be checked" in done.stdout
    cut(folder / "bert" / "1" / DATA)
    assert containers.run("verify-model").returncode == FAILED


def test_every_byte_of_it_is_compared_if_the_settings_say_so(store: Store, folder: Path) -> None:
    content = bytes(range(1, 256)) * (2 * PART // 255)
    store.put(f"bert/1/{DATA}", content)
    containers = fetching(store, folder, s3CompareContents=True)
    assert containers.run_all().returncode == 0
    assert files(folder)[f"1/{DATA}"] == content
    damage(folder / "bert" / "1" / DATA)
    done = containers.run("verify-model")
    assert done.returncode == FAILED
    assert "1 differences found" in done.stdout


def test_a_key_of_the_secrets_opens_a_bucket_that_is_closed(store: Store, folder: Path) -> None:
    fill(store, public=False)
    secret = store.make_key()
    done = fetching(store, folder, secret).run_all()
    assert done.returncode == 0
    assert files(folder) == MODEL
    assert not [value for value in secret.values() if value in done.stdout]


@pytest.mark.parametrize("part", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_a_wrong_key_is_refused_and_not_shown(part: str, store: Store, folder: Path) -> None:
    fill(store, public=False)
    secret = {**store.make_key(), part: "d0ubtful"}
    done = fetching(store, folder, secret).run_all()
    assert (done.args, done.returncode) == ("fetch-model", FAILED)
    assert "StatusCode: 403" in done.stdout
    assert not [value for value in secret.values() if value in done.stdout]


def test_without_a_key_only_what_is_public_can_be_read(store: Store, folder: Path) -> None:
    store.put(f"bert/{ONE}", MODEL[ONE], public=False)
    done = fetching(store, folder).run_all()
    assert (done.args, done.returncode) == ("fetch-model", FAILED)
    assert f"{ONE}: Failed to copy" in done.stdout
    assert f"12/{GRAPH}: Failed to copy" not in done.stdout


@pytest.fixture
def secure_store(tmp_path: Path) -> Generator[Store]:
    with s3_store(self_signed(tmp_path / "certificate.pem")) as made:
        fill(made)
        yield made


@pytest.mark.parametrize("scheme", ["", "https://"])
def test_a_model_is_fetched_by_https(scheme: str, secure_store: Store, folder: Path) -> None:
    settings: dict[str, Any] = {"s3Endpoint": f"{scheme}{secure_store.endpoint}", "s3UseHttps": True}
    assert fetching(secure_store, folder, **settings, s3VerifySsl=False).run_all().returncode == 0
    assert files(folder) == MODEL


def test_a_certificate_that_nobody_vouches_for_is_refused_within_a_minute(secure_store: Store, folder: Path) -> None:
    began = time.monotonic()
    done = fetching(secure_store, folder, s3UseHttps=True).run_all()
    assert time.monotonic() - began < 60
    assert (done.args, done.returncode) == ("fetch-model", FAILED)
    assert "failed to verify certificate" in done.stdout
    assert not secure_store.read
