// Command localcluster is a Kubernetes control plane in one file: it starts,
// watches and stops etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and kwok, and it is each of them too, and kubectl, when called
// by that name or with that name as its first argument.
package main

import (
	"os"
	"path/filepath"

	"platform.example.io/stores/hack/localcluster/command"
	"platform.example.io/stores/hack/localcluster/program"
)

func main() {
	if name := filepath.Base(os.Args[0]); program.Known(name) {
		os.Exit(program.Run(name, os.Args[1:]))
	}
	if len(os.Args) > 1 && program.Known(os.Args[1]) {
		os.Exit(program.Run(os.Args[1], os.Args[2:]))
	}
	os.Exit(command.Execute(os.Args[1:]))
}
