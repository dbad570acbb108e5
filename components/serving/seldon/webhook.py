"""The operator's webhook, by which the API server refuses graphs that the operator could not run."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes import meta

from components.serving.seldon.crd import GROUP, PLURAL, VERSION
from components.serving.seldon.names import OPERATOR, WEBHOOK_SERVICE, WEBHOOK_SERVICE_PORT


def webhook_configuration(
    *,
    installation: str,
    namespace: pulumi.Input[str],
    watched: pulumi.Input[str],
    authority: pulumi.Input[str],
    labels: Mapping[str, str],
) -> admission.v1.ValidatingWebhookConfigurationInitArgs:
    """The configuration.

    Args:
        installation: the stack, after which it is named: each has an operator of its own.
        namespace: where the operator is.
        watched: the namespace whose deployments it is asked about.
        authority: whose certificate the operator shows, in base64.
        labels: the object's labels.
    """
    return admission.v1.ValidatingWebhookConfigurationInitArgs(
        metadata=meta.v1.ObjectMetaArgs(name=f"{installation}-{OPERATOR}", labels=dict(labels)),
        webhooks=[
            admission.v1.ValidatingWebhookArgs(
                name="v1.vseldondeployment.kb.io",
                admission_review_versions=["v1", "v1beta1"],
                side_effects="None",
                # The definition refuses most of the same. Nobody's graph has to wait for an operator that restarts.
                failure_policy="Ignore",
                timeout_seconds=5,
                namespace_selector=meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": watched}),
                client_config=admission.v1.WebhookClientConfigArgs(
                    ca_bundle=authority,
                    service=admission.v1.ServiceReferenceArgs(
                        name=WEBHOOK_SERVICE,
                        namespace=namespace,
                        path="/validate-machinelearning-seldon-io-v1-seldondeployment",
                        port=WEBHOOK_SERVICE_PORT,
                    ),
                ),
                rules=[
                    admission.v1.RuleWithOperationsArgs(
                        api_groups=[GROUP],
                        api_versions=[VERSION],
                        operations=["CREATE", "UPDATE"],
                        resources=[PLURAL],
                        # The default, written out for the reason that environment.of_field has.
                        scope="*",
                    )
                ],
            )
        ],
    )
