package program

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // exec and cloud credential plugins
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func kubectl() int {
	forgetFlags()
	if err := preferLocalCluster(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	// Verbosity has to be known while the command is being built (plugins, kuberc).
	if _, err := logs.GlogSetter(cmd.GetLogVerbosity(os.Args)); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err) // prints as kubectl does, and exits
		return 1
	}
	return 0
}

// preferLocalCluster points this kubectl at the cluster it was built for. Who
// runs .local/bin/kubectl means that cluster, and would be badly surprised if a
// forgotten ~/.kube/config sent the command to production. KUBECONFIG and
// --kubeconfig still win.
func preferLocalCluster() error {
	if os.Getenv("KUBECONFIG") != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the running binary: %w", err)
	}
	beside := filepath.Join(filepath.Dir(filepath.Dir(self)), "kubeconfig")
	if _, err := os.Stat(beside); errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look for the local cluster's kubeconfig: %w", err)
	}
	return os.Setenv("KUBECONFIG", beside)
}
