"""Kubeflow's parts as Pulumi components.

- ``settings`` reads the stack's configuration, ``schema`` says what it may hold.
- ``preflight`` asks the target cluster what the program needs to know before it registers anything.
- ``base``, ``images``, ``labels`` and ``security`` are what every component is made with.
- ``cluster`` says where the stack runs, ``core`` is the namespace, JupyterHub and usage reporting.
- ``training`` and ``jobs`` are the operator of training jobs and the jobs, ``serving`` is what answers for models.
"""
