package cluster

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// quiet is how long a bare cluster must have written nothing to count as settled.
const quiet = 500 * time.Millisecond

// settle waits for what kube-apiserver writes only after it says it is ready. In
// a bare cluster it waits until nothing is written any more, too, because such a
// cluster's tests count resource versions from the start.
func settle(ctx context.Context, config *rest.Config, bare bool) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("build client: %w", err)
	}
	get := metav1.GetOptions{}
	for _, object := range []struct {
		name string
		get  func() error
	}{
		{"namespace kube-system", func() error {
			_, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, get)
			return err
		}},
		{"namespace kube-public", func() error {
			_, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespacePublic, get)
			return err
		}},
		{"namespace default", func() error {
			_, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceDefault, get)
			return err
		}},
		{"service kubernetes", func() error {
			_, err := client.CoreV1().Services(metav1.NamespaceDefault).Get(ctx, "kubernetes", get)
			return err
		}},
		// Aggregated API servers read from it whom to trust.
		{"configmap extension-apiserver-authentication", func() error {
			_, err := client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, "extension-apiserver-authentication", get)
			return err
		}},
	} {
		err := poll(ctx, 20*time.Millisecond, func() (bool, error) {
			err := object.get()
			if apierrors.IsNotFound(err) {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			return fmt.Errorf("wait for %s: %w", object.name, err)
		}
	}
	if !bare {
		return nil
	}
	return awaitQuiet(ctx, client)
}

func awaitQuiet(ctx context.Context, client kubernetes.Interface) error {
	version, since := "", time.Now()
	return poll(ctx, 50*time.Millisecond, func() (bool, error) {
		// The version of a list is that of the whole database.
		list, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: 1})
		if err != nil {
			return false, fmt.Errorf("watch the cluster settle: %w", err)
		}
		if list.ResourceVersion != version {
			version, since = list.ResourceVersion, time.Now()
		}
		return time.Since(since) >= quiet, nil
	})
}
