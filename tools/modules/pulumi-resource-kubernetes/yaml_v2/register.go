// Package v2 stands in for the package yaml/v2 of the provider's Go SDK.
//
// The original has a case, and a package, for each kind of object, which gives Go programs typed results. The provider
// uses it only for its own components, such as Chart, and looks at no field of what it gets.
package v2

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type object struct {
	pulumi.CustomResourceState
}

// RegisterResource registers an object of any kind under the token that the provider's schema has for it.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input,
	opts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {
	if apiVersion == "v1" {
		apiVersion = "core/v1"
	}
	var made object
	if err := ctx.RegisterResource(fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind), name, props, &made, opts...); err != nil {
		return nil, err
	}
	return &made, nil
}
