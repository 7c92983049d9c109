package cluster

import (
	"errors"

	"platform.example.io/stores/hack/localcluster/pki"
)

// User writes a kubeconfig to out for any user in any groups. The cluster need
// not be up, but must have been once.
func User(dir, out, name string, groups []string) error {
	layout, err := NewLayout(dir)
	if err != nil {
		return err
	}
	state, err := LoadState(layout)
	if err != nil {
		return err
	}
	if state.Server == "" {
		return errors.New("there is no cluster in " + layout.Dir + ": start one with up")
	}
	authority, err := pki.OpenAuthority(layout.pki(), authorityName)
	if err != nil {
		return err
	}
	return pki.UserKubeconfig(out, state.Server, state.CAFile, authority, name, groups...)
}
