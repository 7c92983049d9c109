package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/pkg/health"
)

// content is what shops are filled with: the specs of the repository's examples,
// in turn, with the names of each shop.
type content struct {
	specs []map[string]any
	since metav1.Time
}

// loadContent reads the examples. Version and plan are written out, as our
// server would choose them: nobody chooses for a custom resource.
func (b *bench) loadContent(ctx context.Context) (*content, error) {
	var engines struct {
		Items []v1alpha1.Engine `json:"items"`
	}
	if err := b.admin.json(ctx, request{path: "/apis/" + v1alpha1.SchemeGroupVersion.String() + "/engines"}, &engines); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(b.options.root, "examples", "*.yaml"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("find examples: %d files (%v)", len(files), err)
	}
	c := &content{since: metav1.NewTime(time.Now().Truncate(time.Second))}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read example: %w", err)
		}
		var example struct {
			Spec map[string]any `json:"spec"`
		}
		if err := yaml.Unmarshal(data, &example); err != nil {
			return nil, fmt.Errorf("read example %s: %w", file, err)
		}
		for _, engine := range engines.Items {
			if engine.Name != example.Spec["engine"] {
				continue
			}
			for field, value := range map[string]string{"version": engine.Spec.DefaultVersion, "plan": engine.Spec.DefaultPlan} {
				if _, ok := example.Spec[field]; !ok {
					example.Spec[field] = value
				}
			}
		}
		// It would keep a shop from being deleted, and is a word like any other.
		delete(example.Spec, "deletionProtection")
		c.specs = append(c.specs, example.Spec)
	}
	return c, nil
}

// object is the i-th shop as a user writes it, as a Store or as its copy.
func (c *content) object(k *kind, name string, i int) map[string]any {
	object := map[string]any{
		"apiVersion": v1alpha1.SchemeGroupVersion.String(),
		"kind":       "Store",
		"metadata": map[string]any{
			"name": name,
			"labels": map[string]any{
				"team":                      []string{"retail", "outlet", "export"}[i%3],
				"app.kubernetes.io/part-of": "shops",
			},
			"annotations": map[string]any{
				"argocd.argoproj.io/tracking-id": "shops:platform.example.io/Store:default/" + name,
				"example.com/contract":           fmt.Sprintf("https://crm.example.com/contracts/%08d", i),
			},
		},
		"spec": c.spec(name, i),
	}
	if k == crdKind {
		object["apiVersion"], object["kind"] = copyGroup+"/v1alpha1", copyKind
	}
	return object
}

func (c *content) spec(name string, i int) map[string]any {
	spec := map[string]any{}
	for field, value := range c.specs[i%len(c.specs)] {
		spec[field] = value
	}
	spec["displayName"] = fmt.Sprintf("%s (%s)", spec["displayName"], name)
	if hosts, ok := spec["hosts"].([]any); ok {
		hosts = slices.Clone(hosts)
		for n := range hosts {
			hosts[n] = fmt.Sprintf("%s.%s", name, hosts[n]) // nobody else's
		}
		spec["hosts"] = hosts
	}
	return spec
}

// readyStatus is what the provisioner reports of a shop that serves.
func (c *content) readyStatus(name, version string, i int) v1alpha1.StoreStatus {
	// Shops do not become ready at the same moment.
	started := metav1.NewTime(c.since.Add(-time.Duration(i) * 97 * time.Second))
	ready := metav1.NewTime(started.Add(time.Duration(40+i%50) * time.Second))
	status := v1alpha1.StoreStatus{
		Phase:                 v1alpha1.StoreReady,
		ObservedGeneration:    1,
		Namespace:             v1alpha1.NamespacePrefix + name,
		URL:                   "http://" + name + ".localtest.me",
		AdminURL:              "http://" + name + ".localtest.me/wp-admin/",
		AdminSecretRef:        &v1alpha1.SecretReference{Namespace: v1alpha1.NamespacePrefix + name, Name: "admin"},
		EngineVersion:         version,
		EngineRevision:        "r1",
		ProvisioningStartTime: &started,
		ReadyTime:             &ready,
	}
	for _, condition := range []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: health.ReasonReady, Message: "the shop serves as its spec says"},
		{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionFalse, Reason: health.ReasonSettled, Message: "there is nothing to do"},
		{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionFalse, Reason: health.ReasonProgressing, Message: "nothing stands in the way"},
		{Type: v1alpha1.ConditionResourcesApplied, Status: metav1.ConditionTrue, Reason: health.ReasonReady, Message: "every object is applied"},
		{Type: v1alpha1.ConditionDatabaseReady, Status: metav1.ConditionTrue, Reason: health.ReasonReady, Message: "all replicas of database are ready"},
		{Type: v1alpha1.ConditionBootstrapComplete, Status: metav1.ConditionTrue, Reason: health.ReasonReady, Message: "the shop is set up"},
		{Type: v1alpha1.ConditionApplicationReady, Status: metav1.ConditionTrue, Reason: health.ReasonReady, Message: "all replicas of application are ready"},
		{Type: v1alpha1.ConditionRouteReady, Status: metav1.ConditionTrue, Reason: health.ReasonReady, Message: "the shop's hosts are routed to it"},
	} {
		condition.ObservedGeneration, condition.LastTransitionTime = 1, ready
		status.Conditions = append(status.Conditions, condition)
	}
	return status
}

func encode(object any) ([]byte, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode object: %w", err)
	}
	return text, nil
}

// statusAnnotation is where on a bare namespace a Store's status lies. It is
// found by what it holds: where it is kept is no other package's business.
type statusAnnotation struct{ key, value, shop string }

func findStatus(annotations map[string]string, shop string) (statusAnnotation, error) {
	for key, value := range annotations {
		var held struct {
			Status json.RawMessage `json:"status"`
		}
		if json.Unmarshal([]byte(value), &held) == nil && len(held.Status) > 0 {
			return statusAnnotation{key: key, value: value, shop: shop}, nil
		}
	}
	return statusAnnotation{}, fmt.Errorf("find the status of %s: none of %d annotations holds it", shop, len(annotations))
}

// renamedGeneration puts a generation into a status that observed the first one.
func renamedGeneration(status, generation string) string {
	const field = `"observedGeneration":`
	before, after, ok := cutLast(status, field)
	if !ok {
		return status
	}
	return before + field + generation + strings.TrimLeft(after, "0123456789")
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}
