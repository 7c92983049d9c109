package real

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// tenant is a Store whose shop and database say whose they are.
const tenant = `
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata: {name: %s}
spec: {engine: tenant}
`

// bystander is a pod that is no store's: it asks, and serves nothing.
const bystander = `
apiVersion: v1
kind: Pod
metadata: {name: %[2]s, namespace: %[1]s, labels: %[3]s}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    seccompProfile: {type: RuntimeDefault}
  containers:
  - name: server
    image: localhost/busybox:local
    command: [tail, -f, /dev/null]
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
`

// TestStoresAreWalledOff has the pods of a Store, and pods around it, go where they may
// and where they may not. What nobody may reach answers a stranger, so that a refusal
// is the policies' and nothing else's.
func TestStoresAreWalledOff(t *testing.T) {
	t.Parallel()
	kubectl(t, "create", "namespace", "outside")
	t.Cleanup(func() { kubectl(t, "delete", "namespace", "outside") })
	awaitAccount(t, "outside")
	kubectl(t, "apply", "-f", "testdata/outside.yaml")
	const provisioner = "{app.kubernetes.io/name: store-platform, app.kubernetes.io/component: provisioner}"
	for _, pod := range []struct{ namespace, name, labels string }{
		{"outside", "stranger", "{}"},
		{"outside", "impostor", provisioner},
		{"store-platform", "prober", provisioner},
		{"store-platform", "neighbour", "{app.kubernetes.io/name: store-platform}"},
	} {
		shared.make(t, fmt.Sprintf(bystander, pod.namespace, pod.name, pod.labels))
		t.Cleanup(func() { kubectl(t, "-n", pod.namespace, "delete", "pod", pod.name) })
	}
	for _, name := range []string{"tenant-one", "tenant-two"} {
		shared.order(t, fmt.Sprintf(tenant, name))
	}
	for _, name := range []string{"tenant-one", "tenant-two"} {
		// It is asked by the platform, from the node, before it is called Ready.
		shared.awaitReady(t, name)
		if page := awaitPage(t, name+".localtest.me", "/"); page != "store-"+name+"/application\n" {
			t.Errorf("by way of the ingress, %s says %q", name, page)
		}
	}
	kubectl(t, "-n", "outside", "wait", "--for=condition=Ready", "pod", "--all", withPatience)
	kubectl(t, "-n", "store-platform", "wait", "--for=condition=Ready", "pod/prober", "pod/neighbour", withPatience)

	address := func(store, component string) string {
		return kubectl(t, "-n", "store-"+store, "get", "pod", "--selector", "app.kubernetes.io/component="+component, "-o", "jsonpath={.items[0].status.podIP}")
	}
	const (
		refused  = "no route to host" // what a packet filter that says no sounds like
		own      = "http://database:5432/"
		api      = "http://kubernetes.default.svc.cluster.local:443/"
		metadata = "http://169.254.169.254:443/"
		internet = "http://203.0.113.7:443/"
		unlisted = "http://203.0.113.7:8443/"
	)
	var (
		shop              = "http://application.store-tenant-two.svc.cluster.local/"
		database          = "http://database.store-tenant-two.svc.cluster.local:5432/"
		shopAddress       = "http://" + address("tenant-two", "application") + ":8080/"
		databaseAddress   = "http://" + address("tenant-two", "database") + ":5432/"
		inShop            = []string{"-n", "store-tenant-one", "exec", "deployment/application"}
		inOtherShop       = []string{"-n", "store-tenant-two", "exec", "deployment/application"}
		inDatabase        = []string{"-n", "store-tenant-one", "exec", "database-0"}
		stranger          = []string{"-n", "outside", "exec", "stranger"}
		impostor          = []string{"-n", "outside", "exec", "impostor"}
		prober, neighbour = []string{"-n", "store-platform", "exec", "prober"}, []string{"-n", "store-platform", "exec", "neighbour"}
	)
	tests := []struct {
		name      string
		from      []string
		url, want string
		reason    string
	}{
		{"shop to its database", inShop, own, "store-tenant-one/database", "a shop reaches its own database, by name"},
		{"other shop to its database", inOtherShop, databaseAddress, "store-tenant-two/database", "that one answers too"},
		{"shop to the internet", inShop, internet, "this is 203.0.113.7", "payment and mail providers are there"},
		{"shop to another port", inShop, unlisted, refused, "only on the ports that the platform lists"},
		{"shop to the metadata", inShop, metadata, refused, "the node's identity is not a shop's, on whatever port"},
		{"shop to the API", inShop, api, refused, "a shop has nothing to ask there"},
		{"shop to another's database", inShop, database, refused, "stores are strangers to each other"},
		{"shop to another's database pod", inShop, databaseAddress, refused, "by whatever address"},
		{"shop to another's shop", inShop, shop, refused, "stores are strangers to each other"},
		{"shop to another's shop pod", inShop, shopAddress, refused, "by whatever address"},
		{"database to the internet", inDatabase, internet, refused, "data does not leave"},
		{"database to another's database", inDatabase, databaseAddress, refused, "stores are strangers to each other"},

		{"prober to a shop", prober, shop, "store-tenant-two/application", "the platform asks whether it sells"},
		{"prober to a database", prober, databaseAddress, refused, "and asks nothing else"},
		{"neighbour of the prober", neighbour, shopAddress, refused, "the namespace alone admits nobody"},
		{"labelled as the prober", impostor, shopAddress, refused, "nor do the labels"},
		{"stranger to a shop", stranger, shopAddress, refused, "customers come by the ingress"},
		{"stranger to a database", stranger, databaseAddress, refused, "nobody comes there"},

		{"stranger to the metadata", stranger, metadata, "this is 169.254.169.254", "it does answer"},
		{"stranger to another port", stranger, unlisted, "this is 203.0.113.7", "it does answer"},
		{"stranger to the API", stranger, api, "400", "it does answer: that this is no HTTPS"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			// A pod's address, and what policies make of it, take a moment to be known.
			await(t, test.reason, func(context.Context) (bool, string) {
				out, errOut, _ := cluster.Kubectl(t, append(test.from, "--", "fetch", test.url)...)
				return strings.Contains(out+errOut, test.want), out + errOut
			})
		})
	}
}
