package provisioner_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// BenchmarkFirstByte changes one user while the engine has nothing else to do, and
// takes the time from before the change is given to the store until the request is at
// the app.
func BenchmarkFirstByte(b *testing.B) {
	const users, changes = 1000, 500
	c := newCourse(b, storetest.SQLite(b), 0)
	must(b, c.ReplaceDirectory(b.Context(), company(users, users/100)))
	c.connect(b, "app", provisioner.Settings{})
	c.sync(b, "app")
	var times []time.Duration
	for b.Loop() {
		for i := range changes {
			c.forget()
			began := time.Now()
			must(b, c.PutUser(b.Context(), employee(i, fmt.Sprint("Title ", len(times)))))
			times = append(times, (<-c.writes).Sub(began))
			time.Sleep(20 * time.Millisecond) // until it is idle again
		}
	}
	b.ReportMetric(millis(percentile(times, .5)), "ms-p50")
	b.ReportMetric(millis(percentile(times, .99)), "ms-p99")
	b.ReportMetric(millis(percentile(times, 1)), "ms-max")
}

// BenchmarkChanges gives the store changes of users for ten seconds, by 16 at a time
// and as fast as it takes them, while 20 apps whose answers take 20 ms are told of each.
func BenchmarkChanges(b *testing.B) {
	const users, apps, writers, lasting = 2000, 20, 16, 10 * time.Second
	for b.Loop() {
		b.StopTimer()
		c := newCourse(b, storetest.SQLite(b), 20*time.Millisecond)
		must(b, c.ReplaceDirectory(b.Context(), company(users, users/100)))
		c.connect(b, "app", provisioner.Settings{})
		c.sync(b, "app")
		names := c.multiply(b, "app", apps)
		before := c.requests(names...)
		b.StartTimer()
		began, cpu := time.Now(), cpuTime()
		times := make([][]time.Duration, writers)
		var changes atomic.Int64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(w), 1))
				for time.Since(began) < lasting {
					user := employee(random.IntN(users/writers)*writers+w, fmt.Sprint("Title ", changes.Add(1)))
					asked := time.Now()
					if err := c.PutUser(b.Context(), user); err != nil {
						b.Error(err)
						return
					}
					times[w] = append(times[w], time.Since(asked))
				}
			})
		}
		wg.Wait()
		took := time.Since(began)
		used := cpuTime() - cpu
		meanwhile := c.requests(names...) - before
		c.settle(b, names...)
		b.ReportMetric(float64(changes.Load())/took.Seconds(), "changes/s")
		b.ReportMetric(millis(percentile(times[0], .99)), "ms-p99")
		b.ReportMetric(float64(meanwhile)/took.Seconds(), "requests/s")
		b.ReportMetric(used.Seconds(), "cpu-s")
		b.ReportMetric(float64(c.requests(names...)-before)/float64(changes.Load()*apps), "requests/change")
		b.ReportMetric((time.Since(began) - took).Seconds(), "s-behind")
	}
}

// BenchmarkOffboard disables somebody who is in 200 apps, and takes the time until the
// last of the requests is at its app.
func BenchmarkOffboard(b *testing.B) {
	const users, apps = 100, 200
	c := newCourse(b, storetest.SQLite(b), 20*time.Millisecond)
	must(b, c.ReplaceDirectory(b.Context(), company(users, 1)))
	c.connect(b, "app", provisioner.Settings{})
	c.sync(b, "app")
	names := c.multiply(b, "app", apps)
	left := 0
	for b.Loop() {
		c.forget()
		user := employee(left, "Engineer")
		user.Attributes.Set("active", false)
		left++
		before := c.requests(names...)
		began := time.Now()
		must(b, c.PutUser(b.Context(), user))
		var times []time.Duration
		for range apps {
			times = append(times, (<-c.writes).Sub(began))
		}
		b.ReportMetric(millis(percentile(times, .5)), "ms-p50")
		b.ReportMetric(millis(percentile(times, 1)), "ms-all")
		c.settle(b, names...)
		b.ReportMetric(float64(c.requests(names...)-before), "requests")
	}
}
