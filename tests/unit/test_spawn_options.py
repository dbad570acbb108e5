"""What the spawn form takes and refuses."""

from decimal import Decimal

import pytest

from components.spawn_options import Bounds, OptionError, SpawnOptions, parse, parse_cpu, parse_memory

DEFAULTS = {"image": "registry.example.com/default:1", "cpu_guarantee": "500m", "mem_guarantee": "1Gi"}


def test_blank_fields_get_the_defaults() -> None:
    blank = {"image": " ", "cpu_guarantee": "", "mem_guarantee": "\t", "extra_resource_limits": "  "}
    expected = SpawnOptions(image=DEFAULTS["image"], cpu="500m", memory="1Gi", extra_limits={})
    assert parse(blank, DEFAULTS) == parse({}, DEFAULTS) == expected


@pytest.mark.parametrize(("text", "cores"), [("200m", "0.2"), ("1.0", "1"), ("2.5", "2.5"), ("0.001", "0.001")])
def test_cpu_is_cores_or_thousandths(text: str, cores: str) -> None:
    assert parse_cpu(text, "CPU") == Decimal(cores)


@pytest.mark.parametrize("text", ["", "0", "0m", "-1", "0.5m", "1e3", "1 core", "500M", "1,5", "٣", "inf"])
def test_cpu_refuses_what_kubernetes_would_refuse_or_round(text: str) -> None:
    with pytest.raises(OptionError, match="is not an amount of CPU"):
        parse_cpu(text, "CPU")


@pytest.mark.parametrize(
    ("text", "size"), [("100Mi", 100 * 2**20), ("1.5Gi", 3 * 2**29), ("2G", 2 * 10**9), ("1Ti", 2**40), ("4096", 4096)]
)
def test_memory_has_binary_and_decimal_units(text: str, size: int) -> None:
    assert parse_memory(text, "Memory") == size


@pytest.mark.parametrize("text", ["1gi", "1GB", "1 Gi", "100m", "-1Gi", "Gi", "0", "0Gi", "1e9", "8Ei", "9" * 18 + "E"])
def test_memory_refuses_unknown_units(text: str) -> None:
    with pytest.raises(OptionError, match="is not an amount of memory"):
        parse_memory(text, "Memory")


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ('{"nvidia.com/gpu": "1"}', {"nvidia.com/gpu": "1"}),
        ('{"nvidia.com/gpu": 3}', {"nvidia.com/gpu": "3"}),
        (
            '{"cpu": 2, "memory": "4Gi", "ephemeral-storage": "10Gi"}',
            {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "10Gi"},
        ),
        ('{"hugepages-2Mi": "64Mi"}', {"hugepages-2Mi": "64Mi"}),
    ],
)
def test_extra_limits_are_quantities_of_resources(text: str, limits: dict[str, str]) -> None:
    assert parse({"extra_resource_limits": text}, DEFAULTS).extra_limits == limits


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{'nvidia.com/gpu': 3}", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ('{"gpu": 1}', "Did you mean nvidia.com/gpu"),
        ('{"nvidia.com/gpu": 0.5}', "is not a whole number"),
        ('{"nvidia.com/gpu": true}', "is not a quantity"),
        ('{"nvidia.com/gpu": {}}', "is not a quantity"),
        ('{"cpu": "100m"}', "is less than the 500m"),
        ('{"memory": "512Mi"}', "is less than the 1Gi"),
        ('{"cpu": 1, "cpu": 2}', "stands there twice"),
        ("{" * 100_000, "is not JSON"),
        ('{"hugepages-2Mi": "3Mi"}', "is not a whole number of pages"),
        ('{"hugepages-0Mi": "0Mi"}', "is not a resource that Kubernetes knows"),
        ('{"requests.nvidia.com/gpu": "1"}', "is not a resource that Kubernetes knows"),
        ('{"kubernetes.io/gpu": "1"}', "is not a resource that Kubernetes knows"),
        ('{"a.kubernetes.io/gpu": "1"}', "is not a resource that Kubernetes knows"),
        ('{"nvidia..com/gpu": "1"}', "is not a resource that Kubernetes knows"),
        ('{"nvidia-.com/gpu": "1"}', "is not a resource that Kubernetes knows"),
        ('{"' + "n" * 245 + '/gpu": "1"}', "is not a resource that Kubernetes knows"),
        ('{"nvidia.com/gpu": 12345678901234567890}', "is not a whole number"),
    ],
)
def test_extra_limits_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        parse({"extra_resource_limits": text}, DEFAULTS)


@pytest.mark.parametrize(
    "image",
    [
        "python",
        "quay.io/jupyter/scipy-notebook:2026-07-28",
        "localhost:5000/a/b_c/d--e:T.a-g",
        f"registry.example.com/a@sha256:{'0' * 64}",
    ],
)
def test_any_image_reference_may_be_typed(image: str) -> None:
    assert parse({"image": image}, DEFAULTS).image == image


@pytest.mark.parametrize("image", ["Upper/case", "a b", "a:", ":a", "a//b", "https://a/b", "a\nb", "a" * 600])
def test_what_is_no_image_reference_is_refused(image: str) -> None:
    with pytest.raises(OptionError, match="is not an image reference"):
        parse({"image": image}, DEFAULTS)


BOUNDS = Bounds(
    limits={"cpu": "4", "memory": "8Gi", "ephemeral-storage": "20Gi"},
    most={"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi", "nvidia.com/gpu": "8"},
)


def bounded(**fields: object) -> SpawnOptions:
    return BOUNDS.apply(parse(fields, DEFAULTS))


def test_whatever_is_not_asked_for_has_a_limit() -> None:
    assert bounded().extra_limits == BOUNDS.limits
    # A limit without a guarantee would be guaranteed.
    assert bounded().extra_guarantees == {"ephemeral-storage": "0"}


def test_limits_are_what_the_user_writes_and_no_less_than_the_guarantee() -> None:
    asked = bounded(cpu_guarantee="6", mem_guarantee="12Gi", extra_resource_limits={"ephemeral-storage": "50Gi"})
    assert asked.extra_limits == {"cpu": "6", "memory": "12Gi", "ephemeral-storage": "50Gi"}
    assert asked.extra_guarantees == {}
    assert bounded(extra_resource_limits={"cpu": 1, "memory": "2Gi"}).extra_limits["memory"] == "2Gi"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"cpu_guarantee": "16001m"}, "CPU: 16001m is more than 16, the most"),
        ({"mem_guarantee": "1Ti"}, "Memory: 1Ti is more than 64Gi, the most"),
        ({"extra_resource_limits": {"cpu": 17}}, 'cpu "17" is more than 16'),
        ({"extra_resource_limits": {"memory": "65Gi"}}, 'memory "65Gi" is more than 64Gi'),
        ({"extra_resource_limits": {"ephemeral-storage": "1Ti"}}, 'ephemeral-storage "1Ti" is more than 100Gi'),
        ({"extra_resource_limits": {"nvidia.com/gpu": 9}}, 'nvidia.com/gpu "9" is more than 8'),
        ({"extra_resource_limits": {"amd.com/gpu": 1}}, "amd.com/gpu is not given to users here. .*nvidia.com/gpu"),
        ({"extra_resource_limits": {"hugepages-2Mi": "2Mi"}}, "hugepages-2Mi is not given"),
    ],
)
def test_more_than_there_is_for_a_user_is_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        bounded(**fields)


def test_as_much_as_there_is_for_a_user_is_given() -> None:
    assert bounded(cpu_guarantee="16", mem_guarantee="65536Mi", extra_resource_limits={"nvidia.com/gpu": 8})
