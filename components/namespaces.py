"""What the namespaces are called that a stack makes beside its own, each after it."""


def nfs_namespace(installation: str) -> str:
    """Where disks are exported, unless a setting names another namespace."""
    return f"{installation}-nfs"


def gpu_namespace(installation: str) -> str:
    """Where the GPU device plugin runs."""
    return f"{installation}-gpu"


def operator_namespace(installation: str) -> str:
    """Where the training operator runs."""
    return f"{installation}-training"


def seldon_namespace(installation: str) -> str:
    """Where Seldon's operator runs."""
    return f"{installation}-seldon"
