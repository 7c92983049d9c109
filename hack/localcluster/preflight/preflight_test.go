package preflight

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunSaysEverythingThatIsMissing(t *testing.T) {
	var out strings.Builder
	err := Run(&out, []Check{
		{Name: "first", Look: func() (string, error) { return "", errors.New("it is not there") }, Remedy: "install it"},
		{Name: "second", Look: func() (string, error) { return "all is well", nil }, Remedy: "nothing"},
		{Name: "third", Look: func() (string, error) { return "", errors.New("too small") }, Remedy: "enlarge it"},
	})
	if !errors.Is(err, ErrLacking) {
		t.Errorf("got error %v", err)
	}
	for _, want := range []string{"it is not there", "first: install it", "all is well", "too small", "third: enlarge it", "without NODES=real"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "second: nothing") {
		t.Errorf("a remedy for what is well:\n%s", out.String())
	}
}

func TestRunIsContentWithAMachineThatHasEverything(t *testing.T) {
	var out strings.Builder
	err := Run(&out, []Check{{Name: "only", Look: func() (string, error) { return "yes", nil }}})
	if err != nil || strings.Contains(out.String(), "What to do") {
		t.Errorf("got error %v and\n%s", err, out.String())
	}
}

func TestBuiltNamesThePrograms(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "there"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := built(dir, []string{"there", "away", "gone"})
	if err == nil || !strings.HasSuffix(err.Error(), ": away, gone") {
		t.Errorf("got %v", err)
	}
}

func TestDirectoryThatARealNodeHidesIsRefused(t *testing.T) {
	if _, err := overlayfs("/run/cluster"); err == nil || !strings.Contains(err.Error(), "choose another directory") {
		t.Errorf("got %v", err)
	}
}
