package controlplane

import (
	"fmt"
	"net"
	"testing"
)

func TestFreePortIsNotGivenTwice(t *testing.T) {
	var port int
	t.Run("held", func(t *testing.T) {
		port = FreePort(t)
		if claim, ok := claimPort(port); ok {
			claim.Close()
			t.Errorf("port %d is given to another while a test has it", port)
		}
		// The program that it was asked for, and once more after that was killed.
		for range 2 {
			program, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
			if err != nil {
				t.Fatal(err)
			}
			program.Close()
		}
	})
	taken, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if claim, ok := claimPort(port); ok {
		claim.Close()
		t.Errorf("port %d is given out while somebody listens there", port)
	}
}
