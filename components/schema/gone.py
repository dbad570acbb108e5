"""What is said of keys that are not settings, but were in Kubeflow 0.1, or are elsewhere."""

import re

from components.schema.areas import PROJECT, SECRETS

_MODEL = f"{PROJECT}:serving.tfServing.NAME"
_SELDON = f"{PROJECT}:serving.seldon"
_JOBS = tuple(f"{PROJECT}:jobs.{kind}.NAME" for kind in ("tfJobs", "tfCnn", "pytorchJobs"))
_SUCCESSORS = {
    f"{PROJECT}:cloud": f"{PROJECT}:cluster.platform",
    **{f"{path}.namespace": f"{PROJECT}:core.namespace" for path in (*_JOBS, f"{_SELDON}.deployments.NAME", _SELDON)},
    **{f"{path}tfJobImage": f"{PROJECT}:core.trainingOperator.image" for path in (f"{PROJECT}:", f"{PROJECT}:core.")},
    f"{PROJECT}:core.disks": f"{PROJECT}:storage.disks",
    f"{PROJECT}:core.cloud": f"{PROJECT}:cluster.platform",
    f"{PROJECT}:cluster.cloud": f"{PROJECT}:cluster.platform",
    f"{_MODEL}.cloud": f"{PROJECT}:cluster.platform",
    f"{_MODEL}.namespace": f"{PROJECT}:core.namespace",
    f"{_SELDON}.operatorImage": f"{_SELDON}.image",
    f"{_SELDON}.engineImage": f"{_SELDON}.executorImage",
}
"""Parameters of Kubeflow 0.1 whose successors have other names."""
_REST = "is not a setting any more; the server itself answers REST, on its Service's port 8000: remove it"
_NAME = "is not a setting; the name is the key that this is below: remove it"
_NAMED = (_MODEL, f"{_SELDON}.deployments.NAME", *_JOBS)
_NO_FRONT_END = "is gone, and Seldon's OAuth front end with it; a gateway before the models logs callers in; remove it"
_GO = "is gone, since Seldon's operator is no Java program any more; remove it"
_FIXED = "is not a setting any more; names are fixed, and those of the whole cluster carry the namespace: remove it"
_OF_THE_CORE = {
    "name": _FIXED,
    "tfDefaultImage": "is not a setting any more; a job names its image: remove it",
    "tfJobUiServiceType": "is gone, and the dashboard of jobs with it; see docs/training.md, and remove it",
    "tfAmbassadorServiceType": "is gone, and the gateway with it; see docs/from-ksonnet.md, and remove it",
}
"""Parameters of kubeflow-core that have no successor."""
ANSWERS = {
    **{f"{PROJECT}:{above}{key}": text for key, text in _OF_THE_CORE.items() for above in ("", "core.")},
    f"{_SELDON}.name": _FIXED,
    f"{PROJECT}:modelPath": f"is not a setting; did you mean {_MODEL}.modelPath?",
    **{path: f"is not a setting any more; it is {successor} now" for path, successor in _SUCCESSORS.items()},
    **{f"{_MODEL}.{key}": _REST for key in ("deployHttpProxy", "httpProxyImage", "defaultHttpProxyImage")},
    **{f"{path}.name": _NAME for path in _NAMED},
    **{f"{_SELDON}.{key}": _NO_FRONT_END for key in ("withApife", "apifeImage", "apifeServiceType")},
    **{f"{_SELDON}.{key}": _GO for key in ("operatorSpringOpts", "operatorJavaOpts")},
    f"{_SELDON}.withRbac": "is gone: the operator always has rights of its own, and no others; remove it",
    f"{_MODEL}.image": "is not a setting; did you mean modelServerImage?",
}
"""What is said of keys that are not settings, by their paths."""
_KEYS_OF_THEIR_OWN = f"secrets are keys of their own, kept encrypted: {', '.join(sorted(SECRETS))}"
WHERE_SECRETS_ARE = {
    _MODEL: "keys and passwords are in a Secret of the namespace; name it in s3SecretName or gcpCredentialSecretName",
    **dict.fromkeys(_JOBS, "what is secret is in a Secret of the namespace; name it in secretEnv"),
    **dict.fromkeys((f"{PROJECT}:core", f"{PROJECT}:core.login"), _KEYS_OF_THEIR_OWN),
}
"""Where secrets are instead, by the path of the section that they were written to."""
SECRET_VALUE = re.compile(r".*(secret|secret_?key|access_?key|password|passphrase|token)", re.IGNORECASE)
"""The names of values that nobody else may know; those of objects that hold such values end in another word."""
