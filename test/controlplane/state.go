package controlplane

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// state is what the supervisor says about the cluster it runs.
type state struct {
	Kubeconfig string      `json:"kubeconfig"`
	Etcd       endpoint    `json:"etcd"`
	Components []component `json:"components"`
	Ingress    string      `json:"ingress"`
}

type component struct {
	Name    string   `json:"name"`
	PIDFile string   `json:"pidFile"`
	LogFile string   `json:"logFile"`
	Health  endpoint `json:"health"`
}

type endpoint struct {
	URL      string `json:"url"`
	CAFile   string `json:"caFile"`
	CertFile string `json:"certFile"`
	KeyFile  string `json:"keyFile"`
}

func readState(dir string) (state, error) {
	var s state
	data, err := os.ReadFile(filepath.Join(dir, "run", "cluster.json"))
	if err != nil {
		return s, fmt.Errorf("read cluster state: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("parse cluster state: %w", err)
	}
	return s, nil
}

func (s state) component(name string) (component, error) {
	for _, c := range s.Components {
		if c.Name == name {
			return c, nil
		}
	}
	return component{}, fmt.Errorf("find component %s: it is not part of this cluster", name)
}

// Ingress is the address of loopback where the ingress controller of real nodes
// answers; empty where nodes are simulated.
func (c *Cluster) Ingress() string { return c.state.Ingress }

// Etcd returns the address of the database and the identity that opens it, for
// tests that compact it.
func (c *Cluster) Etcd() (url string, config *tls.Config, err error) {
	config, err = c.state.Etcd.tls()
	return c.state.Etcd.URL, config, err
}

func (e endpoint) tls() (*tls.Config, error) {
	ca, err := os.ReadFile(e.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	if e.CertFile == "" {
		return config, nil
	}
	pair, err := tls.LoadX509KeyPair(e.CertFile, e.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read client certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}
