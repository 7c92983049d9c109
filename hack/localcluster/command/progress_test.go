package command

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"platform.example.io/stores/hack/localcluster/cluster"
)

// Whoever waits for the start reads to the end of the report, which must come
// while the components that were started meanwhile live on.
func TestReportEndsWhileComponentsLive(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	// As a parent hands it down: Dup leaves out close-on-exec.
	fd, err := syscall.Dup(int(writer.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	writer.Close()
	progress := newProgress(io.Discard, fd)

	component := exec.Command("cat")
	stop, err := component.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := component.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stop.Close()
		if err := component.Wait(); err != nil {
			t.Errorf("the component did not live: %v", err)
		}
	}()

	progress.ready()
	if err := reader.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	report, err := io.ReadAll(reader)
	if want := cluster.ReadyLine + "\n"; err != nil || string(report) != want {
		t.Errorf("got report %q and error %v, want %q and its end", report, err, want)
	}
}
