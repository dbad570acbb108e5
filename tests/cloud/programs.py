"""Small programs to try the stand-ins with. They read what changes between runs from a file beside them."""

GOOGLE = """
import json, pathlib, pulumi
import pulumi_gcp as gcp

wanted = json.loads(pathlib.Path("wanted.json").read_text())
provider = gcp.Provider("google", project="lab", region="europe-west4", zone="europe-west4-a")
opts = pulumi.ResourceOptions(provider=provider)
network = gcp.compute.Network("net", auto_create_subnetworks=False, opts=opts)
disk = gcp.compute.Disk(
    "disk", name="homes", size=wanted["size"], description=pulumi.Output.secret("hush"), opts=opts
)
cluster = gcp.container.Cluster(
    "cluster", location="europe-west4", network=network.id, remove_default_node_pool=True, initial_node_count=1,
    deletion_protection=wanted["protected"], opts=opts,
)
driver = {"gpu_driver_version": "LATEST"}
gcp.container.NodePool(
    "gpu", cluster=cluster.name, location="europe-west4", node_locations=["europe-west4-a", "europe-west4-b"],
    node_config={"machine_type": "g2-standard-4", "spot": True, "guest_accelerators": [
        {"type": "nvidia-l4", "count": 2, "gpu_driver_installation_config": driver}]}, opts=opts,
)
pulumi.export("link", disk.self_link)
pulumi.export("authority", cluster.master_auth.cluster_ca_certificate)
"""

GOOGLE_ADOPTS = """
import pulumi
import pulumi_gcp as gcp

provider = gcp.Provider("google", project="lab", zone="europe-west4-a")
asked = pulumi.InvokeOutputOptions(provider=provider)
opts = pulumi.ResourceOptions(provider=provider)
cluster = gcp.container.get_cluster_output(name="theirs", location="europe-west4", opts=asked)
pulumi.export("authority", cluster.master_auths[0].cluster_ca_certificate)
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("size", gcp.compute.get_disk_output(name="homes", opts=asked).size)
gcp.compute.Disk("mine", name="mine", size=10, opts=opts)
"""

AZURE = """
import json, pathlib, pulumi
import pulumi_azure_native as azure

wanted = json.loads(pathlib.Path("wanted.json").read_text())
provider = azure.Provider("azure", subscription_id="5ab", location="westeurope")
opts, asked = pulumi.ResourceOptions(provider=provider), pulumi.InvokeOutputOptions(provider=provider)
group = azure.resources.ResourceGroup("group", opts=opts)
identity = azure.managedidentity.UserAssignedIdentity("identity", resource_group_name=group.name, opts=opts)
azure.compute.Disk(
    "disk", disk_name="homes", resource_group_name=group.name, disk_size_gb=wanted["size"],
    creation_data={"create_option": "Empty"}, opts=opts,
)
cluster = azure.containerservice.ManagedCluster(
    "cluster", resource_group_name=group.name, dns_prefix="lab", aad_profile={"managed": True},
    agent_pool_profiles=[{"name": "system", "mode": "System", "count": 1, "vm_size": "Standard_D4s_v5",
                          "availability_zones": ["1", "2"]}], opts=opts,
)
azure.containerservice.AgentPool(
    "gpu", resource_group_name=group.name, resource_name_=cluster.name, mode="User", count=1,
    vm_size="Standard_NC4as_T4_v3", scale_set_priority="Spot", node_taints=["sku=gpu:NoSchedule"], opts=opts,
)
azure.authorization.RoleAssignment(
    "role", scope=group.id, role_definition_id="/reader", principal_id=identity.principal_id,
    principal_type="ServicePrincipal", opts=opts,
)
credentials = azure.containerservice.list_managed_cluster_user_credentials_output(
    resource_group_name=group.name, resource_name=cluster.name, format="exec", opts=asked
)
pulumi.export("kubeconfig", credentials.kubeconfigs[0].value)
pulumi.export("tenant", azure.authorization.get_client_config_output(opts=asked).tenant_id)
"""
