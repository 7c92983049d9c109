package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"platform.example.io/stores/pkg/apis/stores"
)

// WarningsOnCreate warns of finalizers that others may take for theirs.
func (strategy) WarningsOnCreate(_ context.Context, object runtime.Object) []string {
	return finalizerWarnings(object.(*stores.Store).Finalizers, nil)
}

// WarningsOnUpdate warns of such finalizers that the update adds.
func (strategy) WarningsOnUpdate(_ context.Context, object, old runtime.Object) []string {
	return finalizerWarnings(object.(*stores.Store).Finalizers, old.(*stores.Store).Finalizers)
}

// finalizerWarnings are those of custom resources, about new finalizers without
// a domain. Built-in resources refuse them; here they may be stored already, and
// who removes one must not be refused for another.
func finalizerWarnings(finalizers, stored []string) []string {
	var warnings []string
	for i, finalizer := range finalizers {
		switch {
		case finalizer == metav1.FinalizerOrphanDependents, finalizer == metav1.FinalizerDeleteDependents, slices.Contains(stored, finalizer):
		case !strings.Contains(finalizer, "/"):
			warnings = append(warnings, fmt.Sprintf("%s: %q: prefer a domain-qualified finalizer name, with a path (/), to avoid conflicts with other writers of finalizers",
				field.NewPath("metadata", "finalizers").Index(i), finalizer))
		}
	}
	return warnings
}
