package real

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// client keeps no connections: one that led to a pod on a lost node would be listened
// to in vain, and a new one leads to its successor. For a minute the ingress controller
// waits, too.
var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}

// visit asks for a page of host as a customer's browser would, by way of the ingress controller.
func (p platform) visit(ctx context.Context, host, path string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Ingress()+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = host
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

// awaitPage waits until host answers 200, and returns what it says.
func awaitPage(t *testing.T, host, path string) (body string) {
	t.Helper()
	await(t, host+" to answer", func(ctx context.Context) (bool, string) {
		status, page, err := shared.visit(ctx, host, path)
		body = page
		return err == nil && status == http.StatusOK, fmt.Sprintf("status %d, error %v", status, err)
	})
	return body
}

// awaitAccount waits until pods may be made in a new namespace: each runs as an account,
// and the default one is made a moment after the namespace.
func awaitAccount(t *testing.T, namespace string) {
	t.Helper()
	kubectl(t, "-n", namespace, "wait", "--for=create", "serviceaccount/default", withPatience)
}

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return shared.kubectl(t, args...)
}

func TestNodeRunsContainers(t *testing.T) {
	t.Parallel()
	kubectl(t, "apply", "-f", "testdata/page.yaml")
	t.Cleanup(func() { kubectl(t, "delete", "namespace", "page") })

	first := awaitPage(t, "page.localtest.me", "/")
	if !strings.HasPrefix(first, "written by page-") {
		t.Errorf("the page says %q", first)
	}
	await(t, "its log", func(context.Context) (bool, string) {
		got := kubectl(t, "-n", "page", "logs", "deployment/page")
		return got == "serving as 1000\n", fmt.Sprintf("it says %q", got)
	})
	exec := func(args ...string) string {
		t.Helper()
		return kubectl(t, append([]string{"-n", "page", "exec", "deployment/page", "--"}, args...)...)
	}
	// kube-proxy may learn where the page's pod is after the ingress controller.
	await(t, "the page to answer by its service's name", func(context.Context) (bool, string) {
		got, said, err := cluster.Kubectl(t, "-n", "page", "exec", "deployment/page", "--", "fetch", "http://page.page.svc.cluster.local/")
		return err == nil && got == first, fmt.Sprintf("it says %q, from outside %q: %v: %s", got, first, err, said)
	})
	if got := exec("sh", "-c", "fetch http://192.0.2.1/ 2>&1 || true"); !strings.Contains(got, "no route to host") && !strings.Contains(got, "unreachable") {
		t.Errorf("a way out of the machine gives %q, and there should be none", got)
	}

	// Its data outlives the pod.
	kubectl(t, "-n", "page", "delete", "pod", "--all")
	kubectl(t, "-n", "page", "rollout", "status", "deployment/page", withPatience)
	if got := awaitPage(t, "page.localtest.me", "/"); got != first {
		t.Errorf("another pod says %q, its predecessor said %q", got, first)
	}
}

func TestRestrictedNamespaceRefusesRoot(t *testing.T) {
	t.Parallel()
	// Restricted from the first: a label that comes later is seen later.
	shared.make(t, `{apiVersion: v1, kind: Namespace, metadata: {name: refusing, labels: {pod-security.kubernetes.io/enforce: restricted}}}`)
	t.Cleanup(func() { kubectl(t, "delete", "namespace", "refusing") })
	awaitAccount(t, "refusing")
	_, said, err := cluster.Kubectl(t, "-n", "refusing", "run", "root", "--image=localhost/busybox:local")
	if err == nil || !strings.Contains(said, "violates PodSecurity") {
		t.Errorf("a pod that may be root is answered %v: %s", err, said)
	}
}

func TestNodesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	nodes, err := kube.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes.Items {
		if runtime := node.Status.NodeInfo.ContainerRuntimeVersion; !strings.HasPrefix(runtime, "containerd://") {
			t.Errorf("node %s runs %q", node.Name, runtime)
		}
	}
}
