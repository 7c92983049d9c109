package controlplane_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"platform.example.io/stores/test/controlplane"
)

// hangVariable makes this test binary start a cluster and then hang.
const hangVariable = "CONTROLPLANE_TEST_HANG"

func hang() {
	c, err := controlplane.Run(context.Background(), controlplane.Options{
		Components: []string{controlplane.Etcd, controlplane.KubeAPIServer},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	etcd, _ := c.PID(controlplane.Etcd)
	apiserver, _ := c.PID(controlplane.KubeAPIServer)
	fmt.Println("running", etcd, apiserver)
	select {}
}

func TestClusterDiesWithTheTestProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), hangVariable+"=1", "TMPDIR="+t.TempDir())
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var etcd, apiserver int
	for scanner := bufio.NewScanner(out); etcd == 0 && scanner.Scan(); {
		if strings.HasPrefix(scanner.Text(), "running ") {
			_, err = fmt.Sscanf(scanner.Text(), "running %d %d", &etcd, &apiserver)
		}
	}
	killed := process.Process.Kill()
	_ = process.Wait() // it was killed
	if err != nil || killed != nil || etcd == 0 || apiserver == 0 {
		t.Fatalf("etcd is %d, kube-apiserver %d: %v, %v", etcd, apiserver, err, killed)
	}
	for _, pid := range []int{etcd, apiserver} {
		err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
			return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH), nil
		})
		if err != nil {
			t.Errorf("process %d of the cluster outlives the test process: %v", pid, err)
		}
	}
}
