package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"platform.example.io/stores/hack/localcluster/pki"
)

// State describes a cluster as it was last started. It is a file, for tests and
// tools; that the cluster runs is not implied.
type State struct {
	Kubeconfig string `json:"kubeconfig"`
	Server     string `json:"server"`
	// CAFile vouches for Server.
	CAFile string `json:"caFile"`
	// Etcd is how to reach the database, for tests that compact or inspect it.
	Etcd       Endpoint    `json:"etcd"`
	Components []Component `json:"components"`
	// RealNodes is how many nodes run containers.
	RealNodes int `json:"realNodes,omitempty"`
	// Ingress is the host's address where the shops on real nodes are reached.
	Ingress string         `json:"ingress,omitempty"`
	Ports   map[string]int `json:"ports"`
}

// Component is one supervised process.
type Component struct {
	Name string `json:"name"`
	// Binary is the executable; empty means a program inside this one.
	Binary string `json:"binary,omitempty"`
	// Program is that program; empty means that it is called Name.
	Program string `json:"program,omitempty"`
	// Machine is the real node it runs on; empty means that of the control plane.
	Machine string   `json:"machine,omitempty"`
	Args    []string `json:"args"`
	// Health answers 200 while the component does its work.
	Health  Endpoint `json:"health"`
	PIDFile string   `json:"pidFile"`
	LogFile string   `json:"logFile"`
}

// Endpoint is a URL and what is needed to speak to it.
type Endpoint struct {
	URL    string `json:"url"`
	CAFile string `json:"caFile,omitempty"`
	pki.Pair
}

// LoadState reads the state of the cluster in layout. Where there has never
// been one it is empty.
func LoadState(layout Layout) (State, error) {
	var state State
	data, err := os.ReadFile(layout.State())
	if errors.Is(err, os.ErrNotExist) {
		return state, nil
	}
	if err != nil {
		return state, fmt.Errorf("read cluster state: %w", err)
	}
	if err := json.Unmarshal(data, &state); err != nil {
		return state, fmt.Errorf("parse cluster state %s: %w", layout.State(), err)
	}
	return state, nil
}

func (s State) save(layout Layout) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode cluster state: %w", err)
	}
	return pki.WriteFile(layout.State(), append(data, '\n'))
}
