// Package simulation furnishes a control plane with nodes and volumes that exist
// only in its API.
//
// Duties: the Node and StorageClass objects, and the stages by which kwok plays
// kubelet and volume provisioner. Danger: no container ever runs. A pod that is
// Ready here proves that it was admitted, quota'd and scheduled; it proves
// nothing about its image or its probes.
package simulation

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// StorageClass is the default class; claims of it are bound and may grow.
const StorageClass = "standard"

// Objects returns the default StorageClass and count nodes.
func Objects(count int) []*unstructured.Unstructured {
	objects := []*unstructured.Unstructured{storageClass()}
	for i := range count {
		objects = append(objects, node(nodeName(i)))
	}
	return objects
}

func nodeName(i int) string { return fmt.Sprintf("node-%d", i) }

func storageClass() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "storage.k8s.io/v1",
		"kind":       "StorageClass",
		"metadata": map[string]any{
			"name":        StorageClass,
			"annotations": map[string]any{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		"provisioner":          "kwok.x-k8s.io/volume",
		"reclaimPolicy":        "Delete",
		"volumeBindingMode":    "Immediate",
		"allowVolumeExpansion": true,
	}}
}

func node(name string) *unstructured.Unstructured {
	// Enough for hundreds of shops, and yet an end that a test can reach.
	resources := map[string]any{"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "500"}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "Node",
		"metadata": map[string]any{
			"name":        name,
			"annotations": map[string]any{"kwok.x-k8s.io/node": "fake"},
			"labels": map[string]any{
				"type":                           "kwok",
				"kubernetes.io/arch":             "amd64",
				"kubernetes.io/os":               "linux",
				"kubernetes.io/hostname":         name,
				"node-role.kubernetes.io/worker": "",
			},
		},
		"status": map[string]any{"allocatable": resources, "capacity": resources},
	}}
}

// Await waits until count nodes are ready and, where controllers run, until a
// pod can be created in the namespace default.
func Await(ctx context.Context, config *rest.Config, count int, controllers bool) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("build client: %w", err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		missing, err := missing(ctx, client, count, controllers)
		if err != nil {
			return err
		}
		if missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", missing, ctx.Err())
		case <-tick.C:
		}
	}
}

// missing names what is not there yet.
func missing(ctx context.Context, client kubernetes.Interface, count int, controllers bool) (string, error) {
	for i := range count {
		node, err := client.CoreV1().Nodes().Get(ctx, nodeName(i), metav1.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("get simulated node: %w", err)
		}
		if !usable(node, controllers) {
			return "node " + node.Name + " to be ready", nil
		}
	}
	if !controllers {
		return "", nil
	}
	_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "the service account default", nil
	}
	if err != nil {
		return "", fmt.Errorf("get service account: %w", err)
	}
	return "", nil
}

// usable reports whether the scheduler would use the node. The taint of a node
// that was not ready is removed by a controller, a moment after it is.
func usable(node *corev1.Node, controllers bool) bool {
	if controllers && len(node.Spec.Taints) > 0 {
		return false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
