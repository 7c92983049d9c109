package controlplane

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Kubeconfig is the file of the cluster's administrator.
func (c *Cluster) Kubeconfig() string { return c.state.Kubeconfig }

// RESTConfig returns the administrator's client configuration, which is not
// throttled: a test that waits for its own client measures nothing.
func (c *Cluster) RESTConfig() *rest.Config {
	config, err := load(c.Kubeconfig())
	if err != nil {
		// Written by the supervisor and read by it just before.
		panic(err)
	}
	return config
}

// UserKubeconfig writes a kubeconfig for any user in any groups, and returns its path.
func (c *Cluster) UserKubeconfig(t testing.TB, user string, groups ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := c.writeKubeconfig(path, user, groups); err != nil {
		t.Fatal(err)
	}
	return path
}

func (c *Cluster) writeKubeconfig(path, user string, groups []string) error {
	args := []string{"user", user, "--dir=" + c.dir, "--out=" + path}
	for _, group := range groups {
		args = append(args, "--group="+group)
	}
	if out, err := exec.Command(c.binary, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("make kubeconfig of %s: %w: %s", user, err, out)
	}
	return nil
}

// User is UserConfig for programs that are no tests. The kubeconfig stays in the
// cluster's directory.
func (c *Cluster) User(user string, groups ...string) (*rest.Config, error) {
	path := filepath.Join(c.dir, user+".kubeconfig")
	if err := c.writeKubeconfig(path, user, groups); err != nil {
		return nil, err
	}
	return load(path)
}

// ServerConfig returns the administrator's configuration for speaking to a
// component itself rather than through kube-apiserver: its metrics, its profiles.
func (c *Cluster) ServerConfig(component string) (*rest.Config, error) {
	found, err := c.state.component(component)
	if err != nil {
		return nil, err
	}
	config := c.RESTConfig()
	config.Host, _, _ = strings.Cut(found.Health.URL, "/readyz")
	config.CAFile, config.CAData = found.Health.CAFile, nil
	return config, nil
}

// UserConfig returns a client configuration for any user in any groups.
func (c *Cluster) UserConfig(t testing.TB, user string, groups ...string) *rest.Config {
	t.Helper()
	config, err := load(c.UserKubeconfig(t, user, groups...))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func load(kubeconfig string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS = -1
	return config, nil
}
