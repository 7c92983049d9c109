package real

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// server is a pod that answers with its name, and a Service before it.
const server = `
apiVersion: v1
kind: Pod
metadata: {name: %[2]s, namespace: %[1]s, labels: {app: %[2]s}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: server
    image: localhost/busybox:local
    command: [sh, -c, "mkdir /tmp/www; echo %[1]s/%[2]s >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www"]
    ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: %[2]s, namespace: %[1]s}
spec:
  selector: {app: %[2]s}
  ports: [{port: 80, targetPort: http}]
`

func TestPoliciesWallTenantsOff(t *testing.T) {
	t.Parallel()
	kubectl(t, "apply", "-f", "testdata/walls.yaml")
	t.Cleanup(func() { kubectl(t, "delete", "namespace", "walled", "open") })
	for _, namespace := range []string{"walled", "open"} {
		for _, name := range []string{"web", "database"} {
			_, said, err := cluster.KubectlAs(t, cluster.Kubeconfig(), strings.NewReader(fmt.Sprintf(server, namespace, name)), "apply", "-f", "-")
			if err != nil {
				t.Fatalf("apply: %v: %s", err, said)
			}
		}
		kubectl(t, "-n", namespace, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=5m")
	}

	const refused = "no route to host" // what a packet filter that says no sounds like
	tests := []struct {
		from, url, want, reason string
	}{
		{"walled", "http://database.walled.svc.cluster.local/", "walled/database", "a shop reaches its own database, by name"},
		{"walled", "http://database.open.svc.cluster.local/", refused, "and not another's, though that one has no policy"},
		{"walled", "http://kubernetes.default.svc.cluster.local:443/", refused, "nor the API"},
		{"open", "http://database.walled.svc.cluster.local/", refused, "nobody else reaches the database"},
		{"open", "http://database.open.svc.cluster.local/", "open/database", "what no policy selects is not walled"},
		{"open", "http://kubernetes.default.svc.cluster.local:443/", "400", "the API does answer, so that the refusal above is the policy's"},
	}
	for _, test := range tests {
		t.Run(test.from+" "+test.url, func(t *testing.T) {
			// A pod's address, and what policies make of it, take a moment to be known.
			await(t, test.reason, func(context.Context) (bool, string) {
				out, errOut, _ := cluster.Kubectl(t, "-n", test.from, "exec", "web", "--", "fetch", test.url)
				return strings.Contains(out+errOut, test.want), out + errOut
			})
		})
	}
}
