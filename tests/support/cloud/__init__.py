"""Stand-ins for Google Cloud and Azure, so that the real Pulumi engine can run the `cloud` stack on this machine.

Programs are put on PATH: provider plugins that speak Pulumi's protocol, and credential plugins that speak kubectl's.
Behind them is a cloud that is a folder: a file for each resource, a log of every call, and failures that a test asks
for. Its Kubernetes clusters are all the embedded control plane, and its nodes are simulated there.

They imitate what the program meets: names, ids, computed values, what is unknown in a preview, what replaces what, what
the cloud refuses. They know no quotas, permissions, prices or waiting, check few values, and compare inputs with
inputs, where the provider for Google Cloud compares them with its state. What they say of the clouds was read in
documentation and in the providers' published source: only a run on the real clouds proves it.
"""
