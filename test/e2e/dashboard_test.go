package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"platform.example.io/stores/pkg/generated/clientset/versioned"
	"platform.example.io/stores/test/controlplane"
)

// TestDashboardActsAsItsCaller asks kube-apiserver through `apiserver dashboard`,
// which can do what its caller may, and nothing where nobody calls. What a
// browser makes of the page is test/web's.
func TestDashboardActsAsItsCaller(t *testing.T) {
	t.Parallel()
	order(t, "on-the-page", suspended)
	address := startDashboard(t)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	ask := func(method, path, token, body string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "https://"+address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(content)
	}
	const list = "/apis/platform.example.io/v1alpha1/stores"
	viewer := tokenOf(t, "dashboard-viewer", "store-viewer")
	tests := []struct {
		name, method, path, token, body string
		code                            int
		part, reason                    string
	}{
		{"the page", "GET", "/", "", "", 200, "<title>Stores</title>", "it is for everybody"},
		{"nobody", "GET", list, "", "", 401, "Unauthorized", "the server has no rights to lend"},
		{"a token that is none", "GET", list, "nonsense", "", 401, "Unauthorized", "kube-apiserver says who somebody is"},
		{"a viewer looks", "GET", list, viewer, "", 200, `"name":"on-the-page"`, "that is the viewer's right"},
		{"a viewer orders", "POST", list, viewer, manifestJSON, 403, "dashboard-viewer", "that is not, and the API says whose right it is"},
		{"a viewer reads a secret", "GET", "/api/v1/namespaces/store-on-the-page/secrets", viewer, "", 403, "does not pass", "no secret goes through the page"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, body := ask(test.method, test.path, test.token, test.body)
			if code != test.code || !strings.Contains(body, test.part) {
				t.Errorf("answered %d %s, want %d with %s: %s", code, body, test.code, test.part, test.reason)
			}
		})
	}
}

const manifestJSON = `{"apiVersion":"platform.example.io/v1alpha1","kind":"Store","metadata":{"name":"by-the-page"},"spec":{"engine":"woocommerce","suspend":true}}`

// startDashboard starts the server and returns its address.
func startDashboard(t *testing.T) string {
	t.Helper()
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	config := cluster.RESTConfig()
	authority := filepath.Join(cluster.Dir(), "pki", "ca.crt")
	ctx, stop := context.WithCancel(t.Context())
	server := exec.CommandContext(ctx, filepath.Join(root, ".local", "bin", "apiserver"), "dashboard", "--bind-address=127.0.0.1",
		"--secure-port="+strconv.Itoa(controlplane.FreePort(t)), "--api-server="+config.Host, "--certificate-authority="+authority)
	output, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = server.Wait() // it was killed
	})
	var said strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if _, address, ok := strings.Cut(lines.Text(), "Serving securely on "); ok {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return address
		}
	}
	t.Fatalf("the dashboard does not serve:\n%s", said.String())
	return ""
}

// tokenOf makes a service account that has a role, and a token of it, and returns
// when its rights, which are learned by a watch, are in force.
func tokenOf(t *testing.T, name, role string) string {
	t.Helper()
	accounts := kube.CoreV1().ServiceAccounts(metav1.NamespaceDefault)
	if _, err := accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: metav1.NamespaceDefault}},
	}
	if _, err := kube.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	request, err := accounts.CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(cluster.RESTConfig())
	config.BearerToken = request.Status.Token
	account := versioned.NewForConfigOrDie(config).PlatformV1alpha1().Stores()
	eventually(t, name+" has the rights of "+role, func(ctx context.Context) error {
		_, err := account.List(ctx, metav1.ListOptions{})
		return err
	})
	return request.Status.Token
}
