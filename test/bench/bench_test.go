package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestQuickRun runs the whole instrument on a real control plane, small. It asks
// whether every figure is there and was measured of every kind, never how fast
// anything was.
func TestQuickRun(t *testing.T) {
	dir := t.TempDir()
	reportFile, profile := filepath.Join(dir, "report.json"), filepath.Join(dir, "list.pprof")
	var out, progress bytes.Buffer
	code := execute(t.Context(), []string{
		"-quick", "-keep", filepath.Join(dir, "cluster"), "-json", reportFile, "-profile", "list-consistent-200-json=" + profile,
	}, &out, &progress)
	t.Logf("%s\n%s", &progress, &out)
	if code != 0 {
		t.Fatalf("it ends with %d", code)
	}
	found := readReport(t, reportFile)
	checkFigures(t, found, out.String())
	checkRatios(t, found, out.String())
	if len(found.Memory) == 0 {
		t.Error("no memory was weighed")
	}
	for _, m := range found.Memory {
		if m.RSS <= 0 || m.Heap <= 0 || m.Peak < m.RSS {
			t.Errorf("%s of %s makes no sense: %+v", m.Name, m.Server, m)
		}
	}
	for _, file := range []string{profile, profile + ".heap", profile + ".kube-apiserver", profile + ".kube-apiserver.heap"} {
		// Profiles are compressed with gzip.
		if data, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			t.Errorf("%s is no profile: %v", file, err)
		}
	}

	// What was kept is measured again, without being made again.
	out.Reset()
	progress.Reset()
	code = execute(t.Context(), []string{"-quick", "-keep", filepath.Join(dir, "cluster"), "-only", "^get$"}, &out, &progress)
	if code != 0 || !strings.Contains(progress.String(), "0 stores and custom resources, 0 namespaces are new") {
		t.Errorf("the second run ends with %d and says\n%s", code, &progress)
	}
	if !strings.Contains(out.String(), "ratio get-200-json-vs-crd ") || strings.Contains(out.String(), "list") {
		t.Errorf("-only '^get$' prints\n%s", &out)
	}
}

func readReport(t *testing.T, file string) report {
	t.Helper()
	var found report
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &found)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkFigures wants every row once, with samples of every kind.
func checkFigures(t *testing.T, found report, printed string) {
	t.Helper()
	rows := map[string]row{}
	for _, r := range found.Rows {
		rows[r.Name] = r
	}
	for _, f := range figures {
		for _, e := range f.encodings() {
			name := f.row(200, e)
			r, ok := rows[name]
			if !ok || !strings.Contains(printed, name) {
				t.Errorf("%s is not reported", name)
				continue
			}
			for _, k := range kinds {
				if c := r.Kinds[k.name]; c.Samples != 3 {
					t.Errorf("%s has %d samples of %s, want 3: %s%s", name, c.Samples, k.name, c.NotMeasured, c.Failure)
				} else if c.Samples > 0 && (c.Min <= 0 || c.Median < c.Min || c.P90 < c.Median || c.Wire <= 0) {
					t.Errorf("%s of %s makes no sense: %+v", name, k.name, c.summary)
				}
			}
		}
	}
}

// checkRatios wants the ratio of every row in which both sides were measured.
func checkRatios(t *testing.T, found report, printed string) {
	t.Helper()
	for _, r := range found.Rows {
		for _, other := range []*kind{crdKind, namespaceKind} {
			if r.Kinds[storeKind.name].Samples == 0 {
				continue
			}
			name := r.Name + "-vs-" + other.name
			at := slices.IndexFunc(found.Ratios, func(r ratio) bool { return r.Name == name })
			if at < 0 {
				t.Errorf("ratio %s is not reported", name)
				continue
			}
			want := r.Kinds[storeKind.name].Median / r.Kinds[other.name].Median
			if got := found.Ratios[at].Value; got != want {
				t.Errorf("ratio %s is %v, and the medians say %v", name, got, want)
			}
			if line := fmt.Sprintf("ratio %s %.3f\n", name, want); !strings.Contains(printed, line) {
				t.Errorf("%q is not printed", line)
			}
		}
	}
	for _, name := range []string{"create-vs-namespace", "create-vs-crd", "status-patch-vs-crd", "create-event-vs-crd", "first-page-200-vs-crd"} {
		if !strings.Contains(printed, "ratio "+name+" ") {
			t.Errorf("ratio %s is not printed", name)
		}
	}
}
