package provisioner

import (
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"platform.example.io/stores/pkg/config"
)

func TestQueueOrder(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		add    func(*queue)
		want   string
	}{
		{
			name: "first in first out", reason: "nobody is overtaken without need",
			add:  func(q *queue) { q.Add("a"); q.Add("b"); q.Add("c") },
			want: "a b c",
		},
		{
			name: "urgent first", reason: "somebody waits for it",
			add:  func(q *queue) { q.Add("a"); q.Add("b"); q.addUrgent("c") },
			want: "c a b",
		},
		{
			name: "urgent now", reason: "a store that waits its turn and becomes urgent does not go on waiting",
			add:  func(q *queue) { q.Add("a"); q.Add("b"); q.addUrgent("b") },
			want: "b a",
		},
		{
			name: "urgent still", reason: "a routine event does not demote an urgent store",
			add:  func(q *queue) { q.Add("a"); q.addUrgent("b"); q.Add("b") },
			want: "b a",
		},
		{
			name: "routine share", reason: "a rush does not stop the care for the stores that exist",
			add: func(q *queue) {
				q.Add("x")
				for _, name := range strings.Fields("a b c d e f g h i j") {
					q.addUrgent(name)
				}
			},
			want: "a b c d e f g h x i j",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := newQueue(config.Default().Provisioning, clock.RealClock{})
			defer q.ShutDown()
			tt.add(q)
			var got []string
			for q.Len() > 0 {
				name, _ := q.Get()
				got = append(got, name)
				q.Done(name)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s: %s", got, tt.want, tt.reason)
			}
		})
	}
}

// TestQueueOneWorker holds whatever the lanes do: a store that is being worked on
// is not handed out again before it is done.
func TestQueueOneWorker(t *testing.T) {
	q := newQueue(config.Default().Provisioning, clock.RealClock{})
	defer q.ShutDown()
	q.Add("a")
	name, _ := q.Get()
	q.addUrgent("a")
	if q.Len() != 0 {
		t.Fatal("a store is handed out twice")
	}
	q.Done(name)
	if q.Len() != 1 {
		t.Fatal("a change during the work is forgotten")
	}
}
