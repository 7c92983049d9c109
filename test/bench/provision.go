package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"platform.example.io/stores/test/controlplane"
)

// provisionCommand is the first argument that asks for provisioning to be
// measured: how many shops a second become ready, ours, as raw objects, and with Helm.
const provisionCommand = "provision"

// provisionOptions are the flags of `bench provision`.
type provisionOptions struct {
	parallel    []int
	stores      int // in a batch; 0 for one by parallelism
	rounds      int
	quick       bool
	many        int
	idle        time.Duration
	engine      string
	helm        string
	profile     string
	profileTime time.Duration
	only        string
	server      string
	config      string
	root        string
}

func parseProvision(args []string, usage io.Writer) (provisionOptions, error) {
	o := provisionOptions{parallel: []int{8, 32}}
	var err error
	if o.root, err = controlplane.ModuleRoot(); err != nil {
		return o, err
	}
	bin := filepath.Join(o.root, ".local", "bin")
	flags := flag.NewFlagSet("bench "+provisionCommand, flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.Func("parallel", "how many shops are ordered at once (default 8,32)", o.setParallel)
	flags.IntVar(&o.stores, "stores", 0, "shops in a batch (default five for each that is ordered at once, and 64 to 96)")
	flags.IntVar(&o.rounds, "rounds", 2, "batches of each contender at each parallelism")
	flags.BoolVar(&o.quick, "quick", false, "few shops, one round: shows that the instrument works, and measures nothing")
	flags.IntVar(&o.many, "many", 0, "instead of that make so `many` suspended stores, and report memory and the traffic while nothing happens")
	flags.DurationVar(&o.idle, "idle", time.Minute, "how long the traffic is counted with -many")
	flags.StringVar(&o.engine, "engine", "woocommerce", "engine of the shops")
	flags.StringVar(&o.helm, "helm", filepath.Join(bin, "helm"), "executable of Helm")
	flags.StringVar(&o.only, "only", "", "measure one contender: "+strings.Join(contenderNames, ", "))
	flags.StringVar(&o.profile, "profile", "", "`file` for a CPU profile of our server, taken during the last batch of ours; kube-apiserver's goes to file.kube-apiserver")
	flags.DurationVar(&o.profileTime, "profile-time", 10*time.Second, "length of the CPU profile")
	flags.StringVar(&o.server, "server", filepath.Join(bin, "apiserver"), "executable of our API server")
	flags.StringVar(&o.config, "config", filepath.Join(o.root, "hack", "platform.yaml"), "the platform's configuration")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.quick {
		o.setQuick(given)
	}
	if o.only != "" && !slices.Contains(contenderNames, o.only) {
		return o, fmt.Errorf("-only %s: it is none of %s", o.only, strings.Join(contenderNames, ", "))
	}
	if o.rounds < 1 || o.stores < 0 || o.many < 0 {
		return o, errors.New("numbers of rounds and shops are positive")
	}
	return o, nil
}

func (o *provisionOptions) setParallel(value string) error {
	o.parallel = nil
	for text := range strings.SplitSeq(value, ",") {
		count, err := strconv.Atoi(text)
		if err != nil || count < 1 {
			return fmt.Errorf("%q is no positive number", text)
		}
		o.parallel = append(o.parallel, count)
	}
	return nil
}

func (o *provisionOptions) setQuick(given map[string]bool) {
	if !given["parallel"] {
		o.parallel = []int{2}
	}
	if !given["stores"] {
		o.stores = 3
	}
	if !given["rounds"] {
		o.rounds = 1
	}
	if !given["profile-time"] {
		o.profileTime = time.Second
	}
}

// batch is how many shops are made at a parallelism: enough that the beginning
// and the end, where fewer are under way, do not decide.
func (o *provisionOptions) batch(parallel int) int {
	if o.stores > 0 {
		return o.stores
	}
	return min(max(64, 5*parallel), 96)
}

// executeProvision runs `bench provision` and returns the exit code.
func executeProvision(ctx context.Context, args []string, out, progress io.Writer) int {
	options, err := parseProvision(args, progress)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(progress, "error:", err)
		return 2
	}
	if err := runProvision(ctx, options, out, progress); err != nil {
		fmt.Fprintln(progress, "error:", err)
		return 1
	}
	return 0
}

// runProvision is a whole run in order.
func runProvision(ctx context.Context, o provisionOptions, out, progress io.Writer) (err error) {
	p := &provisioning{
		bench: &bench{options: options{root: o.root, server: o.server}, progress: progress, began: time.Now()},
		flags: o,
	}
	ctx, unwatch := context.WithCancel(ctx)
	defer func() {
		unwatch()
		err = errors.Join(err, p.stop())
	}()
	if err := p.start(ctx); err != nil {
		return err
	}
	if o.many > 0 {
		return p.keepMany(ctx, out)
	}
	contenders, err := p.contenders(ctx)
	if err != nil {
		return err
	}
	for _, parallel := range o.parallel {
		for round := range o.rounds {
			// Each round begins with another, so that none always follows the same.
			for n := range contenders {
				if err := p.measureBatch(ctx, contenders[(n+round)%len(contenders)], parallel, round); err != nil {
					return err
				}
			}
		}
	}
	p.say("done")
	return printProvisioning(out, p.batches)
}
