package cluster

import (
	"net"
	"testing"

	"platform.example.io/stores/hack/localcluster/component"
)

func TestValidate(t *testing.T) {
	valid := func() Options { return Options{Components: []string{"etcd", "kube-apiserver"}, Nodes: 1} }
	tests := []struct {
		name   string
		damage func(*Options)
		valid  bool
		reason string
	}{
		{name: "valid", damage: func(*Options) {}, valid: true, reason: "the least that is a cluster"},
		{name: "unknown component", damage: func(o *Options) { o.Components = append(o.Components, "kubelet") }, reason: "nothing here is a kubelet"},
		{name: "no etcd", damage: func(o *Options) { o.Components = []string{"kube-apiserver"} }, reason: "kube-apiserver stores in etcd"},
		{name: "negative nodes", damage: func(o *Options) { o.Nodes = -1 }, reason: "there is no such number"},
		{name: "images without real nodes", damage: func(o *Options) { o.Images = []string{"/dev/null"} }, reason: "they would be ignored silently"},
		{name: "real nodes without controllers", damage: func(o *Options) { o.RealNodes = 1 }, reason: "nothing would be scheduled there"},
		{name: "too many real nodes", damage: func(o *Options) { o.RealNodes = 10; o.Components = component.All() }, reason: "their addresses end at nine"},
		{name: "real nodes", damage: func(o *Options) { o.RealNodes = 2; o.Components = component.All() }, valid: true, reason: "kwok is left out by itself"},
		{name: "missing manifest", damage: func(o *Options) { o.Manifests = []string{"/no/such/file"} }, reason: "better said before the start than after it"},
		{name: "missing platform", damage: func(o *Options) { o.Platform.Binary = "/no/such/file" }, reason: "better said before the start than after it"},
		{name: "platform arguments alone", damage: func(o *Options) { o.Platform.Args = []string{"-v=4"} }, reason: "they would be ignored silently"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := valid()
			test.damage(&options)
			if err := options.Validate(); (err == nil) != test.valid {
				t.Errorf("got error %v, want valid %t: %s", err, test.valid, test.reason)
			}
		})
	}
}

func TestPortsAreKeptWhileFree(t *testing.T) {
	before := newPorts(nil)
	first, err := before.take("etcd")
	if err != nil {
		t.Fatal(err)
	}
	if stolen, err := newPorts(map[string]int{"etcd": first}).take("etcd"); err != nil || stolen == first {
		t.Errorf("got %d, %v; want another than %d, on which a cluster that is starting will listen", stolen, err, first)
	}
	before.release()
	after := newPorts(map[string]int{"etcd": first})
	kept, err := after.take("etcd")
	if err != nil || kept != first {
		t.Errorf("got %d, %v; want last time's %d", kept, err, first)
	}
	after.release()
	listener, err := net.Listen("tcp", address(first))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	other, err := newPorts(map[string]int{"etcd": first}).take("etcd")
	if err != nil || other == first {
		t.Errorf("got %d, %v; want another than %d, which is taken", other, err, first)
	}
	same := newPorts(map[string]int{"etcd": other, "kwok": other})
	a, errA := same.take("etcd")
	b, errB := same.take("kwok")
	if errA != nil || errB != nil || a == b {
		t.Errorf("got %d (%v) and %d (%v), want two different ports", a, errA, b, errB)
	}
}
