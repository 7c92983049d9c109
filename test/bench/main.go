// Command bench measures Stores beside the two things they could have been: the
// same data as a custom resource, and as bare namespaces, on one control plane
// and in one run.
//
// Duties: fill a real control plane with the same objects in three forms, ask for
// them over and over in turn, so that whatever disturbs the machine disturbs all
// three, and print medians and their ratios. docs/performance.md says what each
// figure means. Danger: its numbers are of one machine on one day. A ratio of
// one run says something, a millisecond compared with last month's says nothing,
// and nothing here passes or fails by a time.
//
// `bench provision` measures something else with the same means: how many shops
// a second become ready, ours, as raw objects and with Helm.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs the command line and returns the exit code. The report goes to
// out; progress goes to progress.
func execute(ctx context.Context, args []string, out, progress io.Writer) int {
	if len(args) > 0 && args[0] == provisionCommand {
		return executeProvision(ctx, args[1:], out, progress)
	}
	options, err := parse(args, progress)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(progress, "error:", err)
		return 2
	}
	report, err := run(ctx, options, progress)
	if err == nil {
		err = report.write(out, options.jsonFile)
	}
	if err != nil {
		fmt.Fprintln(progress, "error:", err)
		return 1
	}
	if report.failed() {
		return 1
	}
	return 0
}
