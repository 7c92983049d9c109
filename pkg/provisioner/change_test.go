package provisioner

import (
	"context"
	"fmt"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podMarks returns the marks in the pod templates of a shop, by kind.
func (b *bench) podMarks(namespace string) map[string]string {
	b.t.Helper()
	ctx := b.t.Context()
	deployment, err := b.kube.AppsV1().Deployments(namespace).Get(ctx, "application", metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	cron, err := b.kube.BatchV1().CronJobs(namespace).Get(ctx, "cron", metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	database, err := b.kube.AppsV1().StatefulSets(namespace).Get(ctx, "database", metav1.GetOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return map[string]string{
		"Deployment":  deployment.Spec.Template.Annotations[annotationSecrets],
		"CronJob":     cron.Spec.JobTemplate.Spec.Template.Annotations[annotationSecrets],
		"StatefulSet": database.Spec.Template.Annotations[annotationSecrets],
	}
}

// TestChangedSecretsRestartPods changes what another controller owns: pods are
// replaced for what may be changed so, and not for what is in the shop's data.
func TestChangedSecretsRestartPods(t *testing.T) {
	b := newBench(t)
	b.provision(leaving("database", "salts"))
	const name, namespace = "existing-changed", "store-existing-changed"
	keys := wooCommerceSecrets()
	b.order(name, nil)
	b.provide(namespace, "database", "first", keys["database"]...)
	b.provide(namespace, "salts", "first", keys["salts"]...)
	b.ready(name)
	before := b.podMarks(namespace)
	if before["Deployment"] == "" || before["CronJob"] != before["Deployment"] || before["StatefulSet"] != "" {
		t.Fatalf("pods are marked %q, want those that read the salts", before)
	}
	jobs := b.jobNames(namespace)
	database, err := b.kube.AppsV1().StatefulSets(namespace).Get(t.Context(), "database", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}

	// The database first, so that whoever saw the change of the salts has seen it.
	b.patchSecret(namespace, "database", `{"stringData":{"password":"second"}}`)
	b.patchSecret(namespace, "salts", `{"stringData":{"WORDPRESS_NONCE_SALT":"second"}}`)
	b.eventually("pods that read the salts are replaced", func(context.Context) (bool, string) {
		after := b.podMarks(namespace)
		return after["Deployment"] != before["Deployment"] && after["CronJob"] == after["Deployment"], fmt.Sprint(after)
	})
	b.ready(name)
	if after, err := b.kube.AppsV1().StatefulSets(namespace).Get(t.Context(), "database", metav1.GetOptions{}); err != nil || after.Generation != database.Generation {
		t.Errorf("the database's pods are replaced (%v)", err)
	}
	if after := b.jobNames(namespace); !slices.Equal(jobs, after) {
		t.Errorf("Jobs %v became %v", jobs, after)
	}
}

func (b *bench) jobNames(namespace string) (names []string) {
	b.t.Helper()
	jobs, err := b.kube.BatchV1().Jobs(namespace).List(b.t.Context(), metav1.ListOptions{LabelSelector: labelComponent + "=bootstrap"})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, job := range jobs.Items {
		names = append(names, job.Name)
	}
	return names
}

// TestReplaceableSecretIsMadeAnew deletes a Secret of a shop that serves, of which
// no value is in its data: that is how it is rotated.
func TestReplaceableSecretIsMadeAnew(t *testing.T) {
	b := newBench(t)
	b.provision(leaving())
	const name, namespace = "replaceable", "store-replaceable"
	b.order(name, nil)
	b.ready(name)
	before, marks := b.secret(namespace, "salts"), b.podMarks(namespace)
	if err := b.kube.CoreV1().Secrets(namespace).Delete(t.Context(), "salts", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.eventually("pods are replaced for a Secret that was made anew", func(context.Context) (bool, string) {
		after := b.podMarks(namespace)
		return after["Deployment"] != marks["Deployment"] && after["CronJob"] == after["Deployment"], fmt.Sprint(after)
	})
	b.ready(name)
	for key, value := range b.secret(namespace, "salts").Data {
		if len(value) != len(before.Data[key]) || string(value) == string(before.Data[key]) {
			t.Errorf("key %s was not made anew", key)
		}
	}
}
