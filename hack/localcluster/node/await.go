package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
)

const interval = 100 * time.Millisecond

// AwaitReady waits until the nodes have registered and the scheduler would use
// them. It removes nodes of other names: those of an earlier cluster that had more.
func AwaitReady(ctx context.Context, client kubernetes.Interface, names []string) error {
	known, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	for _, old := range known.Items {
		if slices.Contains(names, old.Name) {
			continue
		}
		if err := client.CoreV1().Nodes().Delete(ctx, old.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("remove node of an earlier cluster: %w", err)
		}
	}
	for _, name := range names {
		err := await(ctx, "node "+name, func() (string, error) {
			node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return "it has not registered", nil
			}
			if err != nil {
				return "", fmt.Errorf("get node: %w", err)
			}
			return unready(node), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unready says why the scheduler would not use a node, or nothing.
func unready(node *corev1.Node) string {
	for _, condition := range node.Status.Conditions {
		if condition.Type != corev1.NodeReady {
			continue
		}
		if condition.Status != corev1.ConditionTrue {
			return condition.Message
		}
		if len(node.Spec.Taints) > 0 {
			return "it is still tainted " + node.Spec.Taints[0].Key
		}
		return ""
	}
	return "its kubelet has said nothing"
}

// AwaitDeployments waits until the Deployments among the objects have all their pods ready.
func AwaitDeployments(ctx context.Context, client kubernetes.Interface, objects []*unstructured.Unstructured) error {
	for _, object := range objects {
		if object.GetKind() != "Deployment" {
			continue
		}
		name, namespace := object.GetName(), object.GetNamespace()
		err := await(ctx, "deployment "+namespace+"/"+name, func() (string, error) {
			deployment, err := client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return "", fmt.Errorf("get deployment: %w", err)
			}
			return incomplete(deployment), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func incomplete(deployment *appsv1.Deployment) string {
	status, wanted := deployment.Status, *deployment.Spec.Replicas
	if status.ObservedGeneration < deployment.Generation || status.UpdatedReplicas < wanted || status.AvailableReplicas < wanted {
		return fmt.Sprintf("%d of %d pods are available", status.AvailableReplicas, wanted)
	}
	return ""
}

// await asks until nothing is missing any more.
func await(ctx context.Context, what string, missing func() (string, error)) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		reason, err := missing()
		if err != nil || reason == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s (%s): %w", what, reason, ctx.Err())
		case <-tick.C:
		}
	}
}
