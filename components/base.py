"""The base of every component."""

from typing import Any, ClassVar

import pulumi


class Component(pulumi.ComponentResource):
    """A component with a fixed type token, whose children all have it as their parent.

    A subclass names its token once, ``class JupyterHub(Component, token="kubeflow:core:JupyterHub")``. The token is
    part of each child's URN: changing it needs an alias, or the engine deletes and creates everything below.
    """

    token: ClassVar[str]

    def __init_subclass__(cls, *, token: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.token = token

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.token, name, None, opts)

    def kept(self, name: str, value: pulumi.Input[str]) -> pulumi.Output[Any]:
        """A value that is made once and kept in the state; later values count for nothing. See ADR 0004."""
        return pulumi.Stash(name, input=value, opts=self.child(ignore_changes=["input"])).output

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options for a child: this component as parent, and whatever ``options`` adds.

        The component's own options are not merged in: its aliases, imports and ``ignore_changes`` are about itself.
        Provider and protection reach the children through the parent.
        """
        return pulumi.ResourceOptions(parent=self, **options)
