package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
)

// helpFlag matches a flag where `--help` describes it.
var helpFlag = regexp.MustCompile(`(?m)^\s+(?:(-\w), )?(--[\w-]+)`)

// TestFlagsExist asks the binary for every flag that a Deployment gives it: a
// flag that is gone would stop every pod of a rollout.
func TestFlagsExist(t *testing.T) {
	binary, err := filepath.Abs(filepath.Join("..", "..", ".local", "bin", "apiserver"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(binary); err != nil {
		t.Fatalf("find the platform's binary (run `make build`): %v", err)
	}
	for name, files := range valueSets {
		for _, deployment := range find[*appsv1.Deployment](renderObjects(t, files, nil)) {
			t.Run(name+"/"+deployment.Name, func(t *testing.T) {
				args := deployment.Spec.Template.Spec.Containers[0].Args
				known := flagsOf(t, binary, subcommand(args))
				for _, arg := range args[len(subcommand(args)):] {
					flag, _, _ := strings.Cut(arg, "=")
					if !slices.Contains(known, flag) {
						t.Errorf("%s is given %s, which the binary does not know", deployment.Name, flag)
					}
				}
			})
		}
	}
}

// subcommand returns the arguments before the first flag.
func subcommand(args []string) []string {
	first := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") })
	if first < 0 {
		return args
	}
	return args[:first]
}

func flagsOf(t *testing.T, binary string, subcommand []string) []string {
	t.Helper()
	help, err := exec.Command(binary, append(slices.Clone(subcommand), "--help")...).CombinedOutput()
	if err != nil {
		t.Fatalf("ask %v for help: %v\n%s", subcommand, err, help)
	}
	var flags []string
	for _, match := range helpFlag.FindAllStringSubmatch(string(help), -1) {
		flags = append(flags, match[1], match[2])
	}
	return flags
}
