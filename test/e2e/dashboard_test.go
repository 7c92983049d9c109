package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"platform.example.io/stores/test/controlplane"
)

// TestDashboardThroughKubectlProxy serves the page as `make dashboard` does. It
// shows that the page, its parts and the API have one origin; what a browser
// makes of them is not run here.
func TestDashboardThroughKubectlProxy(t *testing.T) {
	t.Parallel()
	order(t, "on-the-page", suspended)
	root, err := controlplane.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	proxy := cluster.KubectlCommand(ctx, cluster.Kubeconfig(), "proxy", "--port=0",
		"--www="+filepath.Join(root, "web", "app"), "--www-prefix=/dashboard/")
	output, err := proxy.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop()
		_ = proxy.Wait() // it was killed
	}()
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(line)
	for path, part := range map[string]string{
		"/dashboard/":          `<script type="module" src="stores.js">`,
		"/dashboard/stores.js": "/apis/platform.example.io/v1alpha1/stores",
		"/dashboard/style.css": "table",
		"/apis/platform.example.io/v1alpha1/stores?fieldSelector=metadata.name%3Don-the-page": `"name":"on-the-page"`,
	} {
		response, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), part) {
			t.Errorf("GET %s answers %s, err %v, and lacks %s", path, response.Status, err, part)
		}
	}
}
