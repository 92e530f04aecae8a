package provisioner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

// BenchmarkFirstSync pushes 10,000 users and 100 groups of 100 into an empty app whose
// answers take 20 ms, and fewer users one request at a time.
//
// ×ideal is the time by what it would be if nothing took any but the answers, with as
// many requests at a time as there may be. ×serial is how many times faster it is than
// to wait for one answer after the other, with no time in between: no client that does
// that can be faster.
func BenchmarkFirstSync(b *testing.B) {
	for name, with := range map[string]struct{ users, groups, concurrency int }{
		"concurrency=16": {10_000, 100, 16},
		"concurrency=1":  {500, 5, 1},
	} {
		b.Run(name, func(b *testing.B) {
			const latency = 20 * time.Millisecond
			for b.Loop() {
				b.StopTimer()
				c := newCourse(b, storetest.SQLite(b), latency)
				must(b, c.ReplaceDirectory(b.Context(), company(with.users, with.groups)))
				c.connect(b, "app", provisioner.Settings{Concurrency: with.concurrency})
				b.StartTimer()
				began, cpu := time.Now(), cpuTime()
				c.sync(b, "app")
				took := time.Since(began)
				requests := c.requests("app")
				answers := time.Duration(requests) * latency
				b.ReportMetric(took.Seconds()/(answers.Seconds()/float64(with.concurrency)), "×ideal")
				b.ReportMetric(answers.Seconds()/took.Seconds(), "×serial")
				b.ReportMetric(float64(requests), "requests")
				b.ReportMetric(float64(requests)/took.Seconds(), "requests/s")
				b.ReportMetric(float64(c.bytes.Load())/float64(requests), "bytes/request")
				b.ReportMetric(millis(cpuTime()-cpu)/float64(requests), "cpu-ms/request")
			}
		})
	}
}

// BenchmarkNoop sweeps over the links of an app that holds everything: it finds out
// that there is nothing to do. No request is made to anybody; what is kept in memory
// does not grow with the number of links.
func BenchmarkNoop(b *testing.B) {
	for name, users := range map[string]int{"links=10100": 10_000, "links=101000": 100_000} {
		b.Run(name, func(b *testing.B) {
			c := newCourse(b, storetest.SQLite(b), 0)
			must(b, c.ReplaceDirectory(b.Context(), company(users, users/100)))
			c.connect(b, "app", provisioner.Settings{})
			c.pretend(b, "app")
			must(b, c.Sweep(b.Context())) // what the links are settled by goes on record
			before, bytes := c.requests("app"), c.bytes.Load()
			stop, grown := watchHeap()
			cpu := cpuTime()
			for b.Loop() {
				must(b, c.Sweep(b.Context()))
			}
			b.ReportMetric((cpuTime()-cpu).Seconds()/float64(b.N), "cpu-s/op")
			stop()
			b.ReportMetric(float64(grown.Load())/(1<<20), "MB-grown")
			b.ReportMetric(float64(c.requests("app")-before), "requests")
			b.ReportMetric(float64(c.bytes.Load()-bytes), "bytes")
		})
	}
}

// BenchmarkWorkers has 4 apps that hold 50 users each, and whose answers take 20 ms, be
// given 450 more and 5 groups of 100, by one, two and four workers that share a PostgreSQL
// database. The time is from when that is in the directory, with all workers at work and
// all apps known to take 16 requests at a time, until all apps hold it. All of it runs on
// this machine: what a worker has of the processor the others, the database and the apps
// have not.
func BenchmarkWorkers(b *testing.B) {
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprint("workers=", workers), func(b *testing.B) {
			const users, apps, concurrency = 500, 4, 16
			for b.Loop() {
				b.StopTimer()
				database := storetest.Postgres(b)
				c := newCourse(b, database, 20*time.Millisecond)
				for len(c.workers) < workers {
					c.work(b, database)
				}
				must(b, c.ReplaceDirectory(b.Context(), company(users/10, 0)))
				var names []string
				for i := range apps {
					names = append(names, fmt.Sprint("app", i))
					c.connect(b, names[i], provisioner.Settings{})
					run, err := c.engine.Sync(b.Context(), names[i])
					must(b, err)
					_, err = c.engine.AwaitRun(b.Context(), run.ID, nil)
					must(b, err)
					must(b, c.UpdateApp(b.Context(), names[i], func(a *provisioner.App) { a.Limit.Concurrency = concurrency }))
				}
				time.Sleep(3 * time.Second) // until the workers know of each other
				must(b, c.ReplaceDirectory(b.Context(), company(users, users/100)))
				b.StartTimer()
				began, cpu, before := time.Now(), cpuTime(), c.requests(names...)
				c.settle(b, names...)
				requests := c.requests(names...) - before
				b.ReportMetric(float64(requests), "requests")
				b.ReportMetric(float64(requests)/time.Since(began).Seconds(), "requests/s")
				b.ReportMetric(millis(cpuTime()-cpu)/float64(requests), "cpu-ms/request")
			}
		})
	}
}
