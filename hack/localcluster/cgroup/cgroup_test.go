package cgroup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name   string
		mounts string
		want   []Hierarchy
		reason string
	}{
		{
			name: "version 2",
			mounts: "29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n" +
				"25 30 0:23 / /run rw - tmpfs tmpfs rw\n",
			want:   []Hierarchy{{Dir: "/sys/fs/cgroup", Version: 2}},
			reason: "every current distribution",
		},
		{
			name: "version 1 with an appendix",
			mounts: "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n" +
				"32 30 0:29 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n" +
				"33 30 0:30 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
			want: []Hierarchy{
				{Dir: "/sys/fs/cgroup/cpu,cpuacct", Version: 1, Controllers: []string{"rw", "cpu", "cpuacct"}},
				{Dir: "/sys/fs/cgroup/systemd", Version: 1, Controllers: []string{"rw", "name=systemd"}},
				{Dir: "/sys/fs/cgroup/unified", Version: appendix},
			},
			reason: "the version 2 tree of a hybrid machine has no controllers, but runc makes groups there",
		},
		{name: "none", mounts: "25 30 0:23 / /run rw - tmpfs tmpfs rw\n", reason: "said by the pre-flight, not by a crash"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, parse(test.mounts)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	hierarchies := []Hierarchy{{Version: 1, Controllers: []string{"cpu"}}, {Version: 1, Controllers: []string{"memory", "pids"}}}
	if diff := cmp.Diff([]string{"cpuset"}, Missing(hierarchies)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
