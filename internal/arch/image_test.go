package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	dockerfileFrom = regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+)(?: AS (\S+))?`)
	dockerfileArg  = regexp.MustCompile(`(?m)^ARG (\w+)=(\S+)`)
	dockerfileCopy = regexp.MustCompile(`(?m)^COPY ([^-\n].*) \S+$`)
	// A digest, or a tag that begins with a version of three numbers.
	exactImage      = regexp.MustCompile(`@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+[\w.-]*$`)
	makefileVersion = regexp.MustCompile(`(?m)^(KUBERNETES_VERSION|VERSION) [:?]= (\S+)`)
)

// dockerfile is a Dockerfile with the values that it gives its arguments.
type dockerfile struct {
	path, text string
	args       map[string]string
}

func dockerfiles(t *testing.T) []dockerfile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "images/*/Dockerfile"))
	if err != nil || len(paths) < 3 {
		t.Fatalf("found Dockerfiles %v, %v", paths, err)
	}
	var all []dockerfile
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d := dockerfile{path: path, text: string(content), args: map[string]string{}}
		for _, match := range dockerfileArg.FindAllStringSubmatch(d.text, -1) {
			d.args[match[1]] = match[2]
		}
		all = append(all, d)
	}
	return all
}

// TestBaseImagesAreExact wants the same Dockerfile to be the same image tomorrow.
func TestBaseImagesAreExact(t *testing.T) {
	for _, d := range dockerfiles(t) {
		stages := map[string]bool{"scratch": true}
		for _, match := range dockerfileFrom.FindAllStringSubmatch(d.text, -1) {
			image := os.Expand(match[1], func(name string) string { return d.args[name] })
			if !stages[image] && !exactImage.MatchString(image) {
				t.Errorf("%s begins with %s: name a digest, or an exact version", d.path, image)
			}
			stages[match[2]] = true
		}
		if len(stages) == 1 {
			t.Errorf("%s has no FROM that this test can read", d.path)
		}
	}
}

// TestPlatformImageAgrees wants the image to be what `make build` builds, of files
// that the context has.
func TestPlatformImageAgrees(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile(filepath.Join(root, "images/platform/Dockerfile.dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dockerfiles(t) {
		if !strings.HasSuffix(d.path, "platform/Dockerfile") {
			continue
		}
		for _, match := range makefileVersion.FindAllStringSubmatch(string(makefile), -1) {
			if d.args[match[1]] != match[2] {
				t.Errorf("%s has %s %q, and the Makefile %q", d.path, match[1], d.args[match[1]], match[2])
			}
		}
		copies := dockerfileCopy.FindAllStringSubmatch(d.text, -1)
		if len(copies) < 3 {
			t.Errorf("%s copies %v: this test has gone blind", d.path, copies)
		}
		for _, match := range copies {
			for source := range strings.FieldsSeq(match[1]) {
				if _, err := os.Stat(filepath.Join(root, source)); err != nil {
					t.Errorf("%s copies %s, which is not there", d.path, source)
				}
				if folder, _, _ := strings.Cut(source, "/"); isIgnored(string(ignored), folder, source) {
					t.Errorf("%s copies %s, which its .dockerignore leaves out", d.path, source)
				}
			}
		}
	}
}

// isIgnored tells of a file in a folder of the root whether the context lacks it:
// the last line that speaks of either wins.
func isIgnored(lines, folder, path string) bool {
	is := false
	for line := range strings.Lines(lines) {
		pattern, kept := strings.CutPrefix(strings.TrimSpace(line), "!")
		if pattern == folder || pattern == path {
			is = !kept
		}
	}
	return is
}

// TestPageIsInTheBill wants the bill of materials of the platform's image to list what
// the dashboard's page is made of, which the binary that it is in does not show.
func TestPageIsInTheBill(t *testing.T) {
	for _, d := range dockerfiles(t) {
		if !strings.HasSuffix(d.path, "platform/Dockerfile") {
			continue
		}
		installed := false
		for stage := range strings.SplitSeq(d.text, "\nFROM ") {
			if strings.Contains(stage, "npm ci") {
				installed = true
				if !strings.Contains(stage, "\nARG BUILDKIT_SBOM_SCAN_STAGE=true\n") {
					t.Errorf("%s: the stage that runs npm is not scanned", d.path)
				}
			}
		}
		if !installed {
			t.Errorf("%s runs no npm: this test has gone blind", d.path)
		}
	}
}
