package real

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"platform.example.io/stores/pkg/apis/stores/v1alpha1"
	"platform.example.io/stores/test/controlplane"
)

// shop is a Medusa shop, as its customers and its merchant see it.
type shop struct {
	platform
	name, host, url string
}

func (p platform) shop(name string) shop {
	host := name + ".localtest.me"
	return shop{p, name, host, "http://" + host}
}

// orderMedusa orders a shop with something to sell.
func (p platform) orderMedusa(t *testing.T, name string) shop {
	t.Helper()
	p.order(t, fmt.Sprintf(`
apiVersion: platform.example.io/v1alpha1
kind: Store
metadata: {name: %s}
spec:
  engine: medusa
  parameters: {sampleCatalogue: true}
`, name))
	return p.shop(name)
}

// script runs one of hack's, and returns what it prints.
func (s shop) script(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), filepath.Join(root, "hack", args[0]), append(args[1:], "--connect-to", "::"+s.Ingress())...)
	var out, errOut bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &errOut
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v: %s%s", args[0], err, &out, &errOut)
	}
	return out.String()
}

// login reads the merchant's login, where the Store says it is.
func (s shop) login(t *testing.T) (email, password string) {
	t.Helper()
	of := s.awaitStore(t, s.name, "one that names its login", func(store *v1alpha1.Store) bool { return store.Status.AdminSecretRef != nil })
	read := func(key string) string {
		return s.kubectl(t, "-n", of.Status.AdminSecretRef.Namespace, "get", "secret", of.Status.AdminSecretRef.Name,
			"-o", "go-template={{index .data \""+key+"\" | base64decode}}")
	}
	return read("username"), read("password")
}

// buy places an order as a customer does, and returns its number.
func (s shop) buy(t *testing.T) (id string) {
	t.Helper()
	s.awaitOpen(t)
	email, password := s.login(t)
	key := strings.TrimSpace(s.script(t, password, "publishable-key.sh", s.url, email))
	said := s.script(t, "", "order.sh", s.url, key)
	placed := regexp.MustCompile(`(?m)^order (\S+) placed at \S+ after \d+ s$`).FindStringSubmatch(said)
	if placed == nil {
		t.Fatalf("no order was placed at %s:\n%s", s.url, said)
	}
	return placed[1]
}

// has reports that the merchant finds an order.
func (s shop) has(t *testing.T, id, when string) {
	t.Helper()
	s.awaitOpen(t)
	email, password := s.login(t)
	admin, err := s.logIn(t.Context(), email, password)
	if err != nil {
		t.Fatalf("log in %s: %v", when, err)
	}
	if found, err := admin.hasOrder(t.Context(), id); err != nil || !found {
		t.Errorf("%s, order %s is found: %t, %v", when, id, found, err)
	}
}

// TestShopsSell orders three shops at once, buys something in each, and has two of
// them go through what shops go through: the order is still there.
func TestShopsSell(t *testing.T) {
	t.Parallel()
	began := time.Now()
	var shops []shop
	for _, name := range []string{"sells-one", "sells-two", "sells-three"} {
		shops = append(shops, shared.orderMedusa(t, name))
	}
	orders := map[string]string{}
	for _, s := range shops {
		s.awaitReady(t, s.name)
		orders[s.name] = s.buy(t)
		t.Logf("order %s placed at %s, %s after three shops were ordered", orders[s.name], s.url, time.Since(began).Round(time.Second))
	}
	for _, s := range shops {
		s.has(t, orders[s.name], "beside other shops")
	}

	t.Run("what shops go through", func(t *testing.T) {
		t.Parallel()
		shops[0].goesOn(t, orders[shops[0].name])
	})
	t.Run("another password of the database", func(t *testing.T) {
		t.Parallel()
		shops[1].rotatesPostgreSQL(t, orders[shops[1].name])
	})
}

// goesOn has a shop lose its pods, rest, and get another password.
func (s shop) goesOn(t *testing.T, id string) {
	t.Helper()
	s.kubectl(t, "-n", s.namespace(), "delete", "pod", "--selector", "app.kubernetes.io/component in (application, database)")
	s.kubectl(t, "-n", s.namespace(), "rollout", "status", "statefulset/database", withPatience)
	s.kubectl(t, "-n", s.namespace(), "rollout", "status", "deployment/application", withPatience)
	s.awaitReady(t, s.name)
	s.has(t, id, "after its pods were deleted")

	s.kubectl(t, "patch", "store", s.name, "--type=merge", "-p", `{"spec":{"suspend":true}}`)
	s.awaitStore(t, s.name, "suspended", func(store *v1alpha1.Store) bool {
		return store.Status.ObservedGeneration == store.Generation && store.Status.Phase == v1alpha1.StoreSuspended
	})
	s.kubectl(t, "patch", "store", s.name, "--type=merge", "-p", `{"spec":{"suspend":false}}`)
	s.awaitReady(t, s.name)
	s.has(t, id, "after it was suspended and resumed")

	email, before := s.login(t)
	s.kubectl(t, "patch", "store", s.name, "--type=merge", "-p", `{"spec":{"adminCredentialsRotation":"once"}}`)
	s.awaitStore(t, s.name, "one with a new password", func(store *v1alpha1.Store) bool {
		return store.Status.AdminCredentialsRotation == "once"
	})
	if _, now := s.login(t); now == before {
		t.Error("the password is the one before")
	}
	s.awaitOpen(t)
	if _, err := s.logIn(t.Context(), email, before); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("with the password before, a login ends with %v and not with 401", err)
	}
	s.has(t, id, "with the new password")
}
