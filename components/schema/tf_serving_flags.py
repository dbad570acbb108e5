"""The flags of TensorFlow Serving 2.19's ``tensorflow_model_server``, and which of them the program sets."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from components.errors import Problem

OWN_FLAGS = (
    "allow_version_labels_for_unavailable_models",
    "batching_parameters_file",
    "enable_batching",
    "enable_model_warmup",
    "file_system_poll_wait_seconds",
    "grpc_socket_path",
    "model_base_path",
    "model_config_file",
    "model_name",
    "monitoring_config_file",
    "num_request_iterations_for_warmup",
    "port",
    "rest_api_port",
)
"""Flags that the program sets, each from a setting of its own."""
FLAGS = (
    "enable_grpc_healthcheck_service",
    "enable_per_model_batching_parameters",
    "enable_profiler",
    "enable_serialization_as_tensor_content",
    "enable_signature_method_name_check",
    "flush_filesystem_caches",
    "grpc_channel_arguments",
    "grpc_max_threads",
    "load_retry_interval_micros",
    "max_num_load_retries",
    "mixed_precision",
    "model_config_file_poll_wait_seconds",
    "num_load_threads",
    "num_tflite_interpreters_per_pool",
    "num_tflite_pools",
    "num_unload_threads",
    "per_process_gpu_memory_fraction",
    "platform_config_file",
    "prefer_tflite_model",
    "remove_unused_fields_from_bundle_metagraph",
    "rest_api_enable_cors_support",
    "rest_api_num_threads",
    "rest_api_timeout_in_ms",
    "saved_model_tags",
    "skip_initialize_tpu",
    "ssl_config_file",
    "tensorflow_inter_op_parallelism",
    "tensorflow_intra_op_parallelism",
    "tensorflow_session_config_file",
    "tensorflow_session_parallelism",
    "thread_pool_factory_config_file",
    "use_alts_credentials",
    "xla_cpu_compilation_enabled",
    "xla_gpu_compilation_enabled",
)
"""The others, but for ``version``, with which the server ends at once."""
GRPC_FLAGS = (
    "enable_grpc_healthcheck_service",
    "enable_profiler",
    "grpc_channel_arguments",
    "grpc_max_threads",
    "ssl_config_file",
    "use_alts_credentials",
)
"""Those of them that change nothing but the gRPC port, or what answers there."""
CONNECTION_AGE = "grpc.max_connection_age_ms"
"""The channel argument that the program sets: after how long a client is asked to connect anew."""


def flag_problems(path: str, flags: Sequence[str], *, is_stock: bool, grpc: bool) -> Iterator[Problem]:
    """What is wrong with flags of users.

    Args:
        path: the setting.
        flags: the flags, as ``--name=value``.
        is_stock: whether the server is the stack's own, whose flags are known.
        grpc: whether the server answers gRPC.
    """
    for index, flag in enumerate(flags):
        name, _, value = flag.removeprefix("--").partition("=")
        setting = f"{path}[{index}]"
        if name in OWN_FLAGS:
            yield Problem(setting, f"--{name} is what the stack sets; use the setting for it, or leave it")
        elif name == "version":
            yield Problem(setting, "--version ends the server; remove it")
        elif is_stock and name not in FLAGS:
            near = get_close_matches(name, [*FLAGS, *OWN_FLAGS], n=1)
            hint = f"; did you mean --{near[0]}?" if near else "; remove it"
            yield Problem(setting, f"--{name} is no flag of TensorFlow Serving 2.19{hint}")
        elif name in GRPC_FLAGS and not grpc:
            yield Problem(
                setting, f"--{name} is for gRPC, which the server does not answer; set grpc to true, or remove it"
            )
        elif name == "grpc_channel_arguments" and CONNECTION_AGE in value:
            yield Problem(setting, f"{CONNECTION_AGE} is what the stack sets, as drainSeconds says; leave it out")
