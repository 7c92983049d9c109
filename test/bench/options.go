package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"platform.example.io/stores/test/controlplane"
)

// options are the flags.
type options struct {
	counts      []int
	only        *regexp.Regexp
	quick       bool
	rounds      int
	budget      time.Duration
	keep        string
	server      string
	serverArgs  []string
	jsonFile    string
	profiles    map[string]string // figure to file
	profileTime time.Duration
	root        string // of the repository
}

func parse(args []string, usage io.Writer) (options, error) {
	o := options{counts: []int{1000, 5000}, profiles: map[string]string{}}
	var err error
	if o.root, err = controlplane.ModuleRoot(); err != nil {
		return o, err
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.Func("n", "how many objects of each kind, from few to many (default 1000,5000)", o.setCounts)
	flags.Func("only", "measure the figures whose names match this regular expression, for example '^list-consistent'; 'memory' is one of them", func(value string) (err error) {
		o.only, err = regexp.Compile(value)
		return err
	})
	flags.BoolVar(&o.quick, "quick", false, "few objects and few samples: shows that the instrument works, and measures nothing")
	flags.IntVar(&o.rounds, "rounds", 0, "samples of each figure (default by figure)")
	flags.DurationVar(&o.budget, "budget", 15*time.Second, "time after which a figure is content with the samples it has")
	flags.StringVar(&o.keep, "keep", "", "directory of the control plane, which is kept for the next run with the same `directory`: that one creates nothing again")
	flags.StringVar(&o.server, "server", filepath.Join(o.root, ".local", "bin", "apiserver"), "executable of our API server")
	flags.Func("server-arg", "argument added to our API server's (repeatable)", func(value string) error {
		o.serverArgs = append(o.serverArgs, value)
		return nil
	})
	flags.StringVar(&o.jsonFile, "json", "", "file to write the whole report to as JSON")
	flags.Func("profile", "`figure=file`: repeat a figure of ours and write a CPU profile of our server to file, a heap profile to file.heap, and kube-apiserver's to file.kube-apiserver and file.kube-apiserver.heap (repeatable)", o.addProfile)
	flags.DurationVar(&o.profileTime, "profile-time", 10*time.Second, "length of a CPU profile")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.quick {
		o.setQuick(flags)
	}
	return o, o.validate()
}

// setQuick makes everything small that was not given.
func (o *options) setQuick(flags *flag.FlagSet) {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["n"] {
		o.counts = []int{200}
	}
	if !given["rounds"] {
		o.rounds = 3
	}
	if !given["profile-time"] {
		o.profileTime = time.Second
	}
}

func (o *options) setCounts(value string) error {
	o.counts = nil
	for text := range strings.SplitSeq(value, ",") {
		count, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("read a number of objects: %w", err)
		}
		if count < 1 || len(o.counts) > 0 && count <= o.counts[len(o.counts)-1] {
			return errors.New("numbers of objects must be positive and ascend: objects are added, never removed")
		}
		o.counts = append(o.counts, count)
	}
	return nil
}

func (o *options) addProfile(value string) error {
	figure, file, ok := strings.Cut(value, "=")
	if !ok || figure == "" || file == "" {
		return errors.New("must be figure=file, for example list-consistent-5000-json=list.pprof")
	}
	o.profiles[figure] = file
	return nil
}

func (o *options) validate() error {
	var errs []error
	if _, err := os.Stat(o.server); err != nil {
		errs = append(errs, fmt.Errorf("find our API server (build it with `make build`): %w", err))
	}
	known := map[string]bool{}
	for _, count := range o.counts {
		for _, f := range figures {
			for _, encoding := range f.encodings() {
				known[f.row(count, encoding)] = true
			}
		}
	}
	for name := range o.profiles {
		if !known[name] {
			errs = append(errs, fmt.Errorf("profile %s: it is no figure of this run", name))
		}
	}
	return errors.Join(errs...)
}

// wants tells whether a figure is to be measured.
func (o *options) wants(name string) bool {
	return o.only == nil || o.only.MatchString(name)
}
