// Command pause holds the namespaces of a pod and does nothing else: the first
// container of every pod of a real node.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGINT, syscall.SIGTERM)
	// Where containers of a pod share their processes, it is the one that orphans
	// are left to: the kernel reaps the children of who ignores this signal.
	signal.Ignore(syscall.SIGCHLD)
	<-ends
}
