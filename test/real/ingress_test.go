package real

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// awaitOpen waits until the ingress controller leads to the shop's pods as they are, and
// to no other: it learns of them a little later than the provisioner, which asks their
// Service, and for as long leads to one that is gone. Then what is asked of the shop is
// answered by it.
func (s shop) awaitOpen(t *testing.T) {
	t.Helper()
	await(t, s.host+" to answer", func(ctx context.Context) (bool, string) {
		pods, err := s.serving(ctx)
		if err != nil {
			return false, err.Error()
		}
		routed, err := s.routed(ctx)
		if err != nil {
			return false, err.Error()
		}
		if len(pods) == 0 || !slices.Equal(pods, routed) {
			return false, fmt.Sprintf("its pods are %v, the ingress controller leads to %v", pods, routed)
		}
		status, _, err := s.visit(ctx, s.host, "/health")
		return err == nil && status == http.StatusOK, fmt.Sprintf("status %d, error %v", status, err)
	})
}

// serving are the addresses of the pods that the shop's Service leads to.
func (s shop) serving(ctx context.Context) ([]string, error) {
	list, err := s.kube.DiscoveryV1().EndpointSlices(s.namespace()).List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=application"})
	if err != nil {
		return nil, err
	}
	var found []string
	for _, slice := range list.Items {
		for _, endpoint := range slice.Endpoints {
			if ready := endpoint.Conditions.Ready; ready != nil && *ready {
				found = append(found, endpoint.Addresses...)
			}
		}
	}
	return distinct(found), nil
}

// route is one of the ingress controller's. It leads to one address or to several.
type route struct {
	ID      string
	Backend struct {
		Address   string
		Endpoints []string
	}
}

// routed are the addresses that the ingress controller leads to for the shop.
func (s shop) routed(ctx context.Context) ([]string, error) {
	const namespace, port = "ingress", "9911"
	// One on a lost node would be listened to for ever.
	ctx, cancel := context.WithTimeout(ctx, client.Timeout)
	defer cancel()
	pods, err := s.kube.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=skipper"})
	if err != nil {
		return nil, err
	}
	var found []string
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil {
			continue
		}
		said, err := s.kube.CoreV1().RESTClient().Get().Namespace(namespace).Resource("pods").Name(pod.Name+":"+port).
			SubResource("proxy").Suffix("routes").SetHeader("Accept", "application/json").DoRaw(ctx)
		var routes []route
		if err == nil {
			err = json.Unmarshal(said, &routes)
		}
		if err != nil {
			return nil, fmt.Errorf("ask the ingress controller for its routes: %w", err)
		}
		own := "kube_" + strings.ReplaceAll(s.namespace(), "-", "_") + "__"
		for _, one := range routes {
			if !strings.HasPrefix(one.ID, own) {
				continue
			}
			for _, address := range append(one.Backend.Endpoints, one.Backend.Address) {
				if leads, err := url.Parse(address); err == nil && leads.Hostname() != "" {
					found = append(found, leads.Hostname())
				}
			}
		}
	}
	return distinct(found), nil
}

func distinct(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}
