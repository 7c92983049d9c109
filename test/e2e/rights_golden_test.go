package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRightsOfAccounts keeps what `kubectl auth can-i --list` says of the platform's
// accounts, everywhere and in the namespace of a store: review a change of these
// files as what a stolen account would open.
func TestRightsOfAccounts(t *testing.T) {
	t.Parallel()
	order(t, "rights", suspended)
	untilSettled(t, "rights")
	for _, account := range []string{"store-apiserver", "store-provisioner", "store-dashboard"} {
		t.Run(account, func(t *testing.T) {
			kubeconfig := cluster.UserKubeconfig(t, "system:serviceaccount:store-platform:"+account,
				"system:serviceaccounts", "system:serviceaccounts:store-platform", "system:authenticated")
			var got strings.Builder
			for _, namespace := range []string{"default", "kube-system", "store-platform", "store-rights"} {
				out, stderr, err := cluster.KubectlAs(t, kubeconfig, nil, "auth", "can-i", "--list", "--namespace", namespace)
				if err != nil {
					t.Fatalf("%v: %s", err, stderr)
				}
				got.WriteString("### in namespace " + namespace + "\n")
				for line := range strings.Lines(out) {
					got.WriteString(strings.TrimRight(line, " \n") + "\n")
				}
			}
			golden := filepath.Join("testdata", "rights-"+account+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s may do something else; review it and run with -update (-want +got):\n%s", account, diff)
			}
		})
	}
}
