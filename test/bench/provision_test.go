package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestProvisionQuickRun has every contender provide shops on a real control
// plane. It asks whether all were measured, never how fast anything was.
func TestProvisionQuickRun(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu")
	var out, progress bytes.Buffer
	code := execute(t.Context(), []string{provisionCommand, "-quick", "-profile", profile}, &out, &progress)
	t.Logf("%s\n%s", &progress, &out)
	if code != 0 {
		t.Fatalf("it ends with %d", code)
	}
	for _, want := range []string{
		`(?m)^ *2 +stores +3 +\d`, `(?m)^ *2 +ceiling +3 +\d`, `(?m)^ *2 +helm +3 +\d`,
		`(?m)^ratio provision-2-vs-ceiling \d+\.\d+$`, `(?m)^ratio provision-2-vs-helm \d+\.\d+$`,
		`(?m)stores, 2 at once, by bench-stores: .*\n.* create stores 1\.00`,
		`(?m)stores, 2 at once, by ` + accountOfServer + `: .*\n.* create namespaces 1\.00`,
		`(?m)stores, 2 at once, by ` + accountOfProvisioner + `: .*\n.* patch deployments 1\.00`,
		`(?m)ceiling, 2 at once, by bench-ceiling: .*\n.* patch deployments 1\.00`,
		`(?m)helm, 2 at once, by bench-helm: .*\n.* patch deployments 1\.00`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("%s is not printed", want)
		}
	}
	for _, file := range []string{profile, profile + ".kube-apiserver"} {
		if data, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			t.Errorf("%s is no profile: %v", file, err)
		}
	}
}

func TestManyStores(t *testing.T) {
	var out, progress bytes.Buffer
	code := execute(t.Context(), []string{provisionCommand, "-many", "3", "-idle", "1s"}, &out, &progress)
	t.Logf("%s\n%s", &progress, &out)
	if code != 0 {
		t.Fatalf("it ends with %d", code)
	}
	for _, want := range []string{
		`^3 suspended stores, made in `, `(?m)^memory of store-apiserver: [1-9]\d+ MB resident`,
		`(?m)^memory of the provisioner: [1-9]\d+ MB resident`, `(?m)^API calls a minute while nothing happens: \d+$`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("%s is not printed", want)
		}
	}
}

func TestProvisionOptionsAreChecked(t *testing.T) {
	for _, c := range []struct {
		name, reason, want string
		args               []string
	}{
		{name: "unknown contender", args: []string{"-only", "argo"}, want: "-only argo", reason: "a misspelt one would measure nothing"},
		{name: "no parallelism", args: []string{"-parallel", "8,0"}, want: `"0" is no positive number`, reason: "nobody would order"},
		{name: "leftover", args: []string{"8"}, want: `unexpected argument "8"`, reason: "a forgotten flag name shows"},
		{name: "no rounds", args: []string{"-rounds", "0"}, want: "positive", reason: "nothing would be measured"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, progress bytes.Buffer
			code := execute(t.Context(), append([]string{provisionCommand}, c.args...), &out, &progress)
			if code != 2 || !strings.Contains(progress.String(), c.want) {
				t.Errorf("it ends with %d and says %q, want 2 and %q: %s", code, &progress, c.want, c.reason)
			}
		})
	}
}

func TestPool(t *testing.T) {
	batches := []batch{
		{contender: ours, parallel: 8, took: 2 * time.Second, each: []time.Duration{1, 3}, calls: map[call]int{{"us", "create", "stores"}: 2}},
		{contender: ceiling, parallel: 8, took: time.Second, each: []time.Duration{1, 1}},
		{contender: ours, parallel: 8, round: 1, took: time.Second, each: []time.Duration{2, 4}, calls: map[call]int{{"us", "create", "stores"}: 2}},
		{contender: helm, parallel: 8, took: 4 * time.Second, each: []time.Duration{1, 2}},
	}
	all := pool(batches)
	want := &pooled{
		contender: ours, parallel: 8, shops: 4, took: 3 * time.Second, rates: []float64{1, 2},
		each: []time.Duration{1, 2, 3, 4}, calls: map[call]int{{"us", "create", "stores"}: 4},
	}
	if diff := cmp.Diff(want, all[0], cmp.AllowUnexported(pooled{}, call{})); diff != "" {
		t.Errorf("rounds are put together (-want +got):\n%s", diff)
	}
	var out bytes.Buffer
	if err := printProvisioningRatios(&out, all); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("ratio provision-8-vs-ceiling 0.667\nratio provision-8-vs-helm 2.667\n", out.String()); diff != "" {
		t.Errorf("ours over theirs (-want +got):\n%s", diff)
	}
}

// TestManyWithoutProvisioner: where nobody makes shops, it says so instead of
// waiting for them. The provisioner once found its port taken.
func TestManyWithoutProvisioner(t *testing.T) {
	server, err := filepath.Abs(filepath.Join("..", "..", ".local", "bin", "apiserver"))
	if err != nil {
		t.Fatal(err)
	}
	reluctant := filepath.Join(t.TempDir(), "apiserver")
	script := "#!/bin/sh\n[ \"$1\" != provisioner ] || { echo not today >&2; exit 1; }\nexec '" + server + "' \"$@\"\n"
	if err := os.WriteFile(reluctant, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	if code := execute(t.Context(), []string{provisionCommand, "-many", "3", "-server", reluctant}, &out, &progress); code == 0 {
		t.Error("it ends with 0")
	}
	if !strings.Contains(progress.String(), "the provisioner ended: exit status 1: not today") {
		t.Errorf("it does not say why:\n%s\n%s", &progress, &out)
	}
}
