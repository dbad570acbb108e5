"""The operator's webhook, by which the API server refuses jobs that the operator could not run."""

from collections.abc import Iterable, Mapping

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes import meta

from components.preflight import OPERATOR_WEBHOOK
from components.training.crds import JobKind
from components.training.names import OPERATOR, WEBHOOK_SERVICE_PORT


def webhook_configuration(
    kinds: Iterable[JobKind],
    *,
    namespace: pulumi.Input[str],
    watched: pulumi.Input[str] | None,
    labels: Mapping[str, str],
) -> admission.v1.ValidatingWebhookConfigurationInitArgs:
    """The configuration, without the certificate authority, which the operator writes.

    Args:
        kinds: the kinds of jobs that it is asked about.
        namespace: where the operator is.
        watched: the namespace whose jobs it is asked about; None for every namespace.
        labels: the object's labels.
    """
    selector = (
        meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": watched})
        if watched is not None
        else None
    )
    return admission.v1.ValidatingWebhookConfigurationInitArgs(
        metadata=meta.v1.ObjectMetaArgs(name=OPERATOR_WEBHOOK, labels=dict(labels)),
        webhooks=[
            admission.v1.ValidatingWebhookArgs(
                name=f"validator.{kind.singular}.training-operator.kubeflow.org",
                admission_review_versions=["v1"],
                side_effects="None",
                failure_policy="Fail",
                timeout_seconds=10,
                namespace_selector=selector,
                client_config=admission.v1.WebhookClientConfigArgs(
                    service=admission.v1.ServiceReferenceArgs(
                        name=OPERATOR,
                        namespace=namespace,
                        path=f"/validate-kubeflow-org-v1-{kind.singular}",
                        port=WEBHOOK_SERVICE_PORT,
                    )
                ),
                rules=[
                    admission.v1.RuleWithOperationsArgs(
                        api_groups=["kubeflow.org"],
                        api_versions=["v1"],
                        operations=["CREATE", "UPDATE"],
                        resources=[kind.plural],
                        # The default, written out for the reason that environment.of_field has.
                        scope="*",
                    )
                ],
            )
            for kind in sorted(kinds, key=lambda kind: kind.plural)
            # The operator has no validator of MPIJobs.
            if kind.singular != "mpijob"
        ],
    )
