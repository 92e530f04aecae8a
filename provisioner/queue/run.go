package queue

import (
	"errors"
	"sync"
	"time"

	"github.com/permiso/scimwright/provisioner"
)

// runEvery is how often runs under way are looked at, and how exactly it is known when
// one ends that nobody watches.
const runEvery = time.Second

func (q *Queue) lookForRuns() {
	select {
	case q.runs <- struct{}{}:
	default:
	}
}

// advance takes the runs that this process looks after further, each by itself: it may
// mean to list an app.
func (q *Queue) advance() {
	var steps sync.WaitGroup
	defer steps.Wait()
	busy := map[int64]bool{} // a step is under way
	done := make(chan int64)
	ticker := time.NewTicker(runEvery)
	defer ticker.Stop()
	for {
		select {
		case <-q.claiming.Done():
			return
		case id := <-done:
			delete(busy, id)
			continue
		case <-q.runs:
		case <-ticker.C:
		}
		ids, err := q.config.Store.ClaimRuns(q.claiming, q.worker)
		q.warn("looking for runs", err)
		for _, id := range ids {
			if busy[id] {
				continue
			}
			busy[id] = true
			steps.Go(func() {
				err := guarded(func() error { return q.config.Engine.Advance(q.claiming, id) })
				if !errors.Is(err, provisioner.ErrNotFound) { // the app was removed
					q.warn("advancing a run", err)
				}
				select {
				case done <- id:
				case <-q.claiming.Done():
				}
			})
		}
	}
}
