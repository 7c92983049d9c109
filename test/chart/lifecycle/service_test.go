package lifecycle

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// service passes connections to a Service's address on to its ready pods, in turn.
type service struct {
	kubelet  *kubelet
	of       *corev1.Service
	listener net.Listener
	next     atomic.Uint64
}

func listen(k *kubelet, of *corev1.Service) *service {
	s := &service{kubelet: k, of: of}
	address := net.JoinHostPort(of.Spec.ClusterIP, fmt.Sprint(of.Spec.Ports[0].Port))
	var err error
	if s.listener, err = net.Listen("tcp", address); err != nil {
		k.t.Errorf("listen for Service %s: %v", of.Name, err)
		return s
	}
	k.running.Go(s.accept)
	return s
}

func (s *service) close() {
	if s.listener != nil {
		s.listener.Close()
	}
}

func (s *service) accept() {
	for {
		client, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		go s.pass(client)
	}
}

// pass connects to a ready pod. A connection that exists stays with its pod, whether
// or not that ends.
func (s *service) pass(client net.Conn) {
	defer client.Close()
	ready := s.kubelet.ready(s.of)
	if len(ready) == 0 {
		return
	}
	pod, err := net.DialTimeout("tcp", ready[s.next.Add(1)%uint64(len(ready))], 5*time.Second)
	if err != nil {
		return
	}
	defer pod.Close()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{client, pod}, {pod, client}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}
