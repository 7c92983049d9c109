// Package cluster runs a real control plane on loopback and keeps it running.
//
// Duties: the directory a cluster lives in, the configuration of every
// component, their start in order and their stop in reverse, and the restart of
// those that die. Danger: this is a development and test cluster. Etcd does not
// flush to disk, the administrator's key lies in a file, and nothing here should
// ever listen on more than 127.0.0.1.
package cluster

import (
	"fmt"
	"os"
	"path/filepath"
)

// Layout says where a cluster's files are.
type Layout struct {
	// Dir is absolute; everything lies under it, and removing it removes the cluster.
	Dir string
}

// NewLayout returns the layout under dir.
func NewLayout(dir string) (Layout, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return Layout{}, fmt.Errorf("resolve cluster directory: %w", err)
	}
	return Layout{Dir: absolute}, nil
}

// Kubeconfig is the administrator's.
func (l Layout) Kubeconfig() string { return filepath.Join(l.Dir, "kubeconfig") }

// State is the file that describes the cluster as it was last started.
func (l Layout) State() string { return l.run("cluster.json") }

// PID is the pid file of a component.
func (l Layout) PID(component string) string { return l.run(component + ".pid") }

// Log is the log file of a component.
func (l Layout) Log(component string) string { return filepath.Join(l.Dir, "logs", component+".log") }

// AuditLog is where kube-apiserver records requests for the platform's API.
func (l Layout) AuditLog() string { return filepath.Join(l.Dir, "logs", "audit.log") }

func (l Layout) run(file string) string { return filepath.Join(l.Dir, "run", file) }

func (l Layout) pki() string { return filepath.Join(l.Dir, "pki") }

// etcdData is not the same for simulated and for real nodes: what runs on the
// ones is unknown to the others.
func (l Layout) etcdData(real bool) string {
	if real {
		return filepath.Join(l.Dir, "etcd-real")
	}
	return filepath.Join(l.Dir, "etcd")
}

// supervisorLock is held by the supervisor for as long as it lives: whether a
// cluster is up is asked of this lock, never of a file's existence.
func (l Layout) supervisorLock() string { return l.run("supervisor.lock") }

// upLock is held while somebody starts or stops the cluster.
func (l Layout) upLock() string { return l.run("up.lock") }

func (l Layout) create() error {
	for _, dir := range []string{l.Dir, l.run(""), filepath.Dir(l.AuditLog()), l.pki()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make cluster directory: %w", err)
		}
	}
	return nil
}
