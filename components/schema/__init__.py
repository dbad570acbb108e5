"""What the stack's configuration may hold: one model per object under ``kubeflow:``."""
