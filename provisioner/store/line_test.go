package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/permiso/scimwright/provisioner"
	"github.com/permiso/scimwright/provisioner/store/storetest"
)

func TestPanicOfOneWrite(t *testing.T) { storetest.Each(t, testPanicOfOneWrite) }

// testPanicOfOneWrite has every third of many writes panic. Each panic comes to whoever
// made the write, and the other writes are made, also those that shared a transaction
// with it.
func testPanicOfOneWrite(t *testing.T, database string) {
	const writes = 60
	s := storetest.Open(t, database)
	must(t, s.PutApp(t.Context(), provisioner.App{Name: "chat", Endpoint: "https://chat.example", Token: "t"}))
	write := func(i int) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%v", p)
			}
		}()
		return s.UpdateApp(t.Context(), "chat", func(a *provisioner.App) {
			a.Limit.Concurrency++
			if i%3 == 0 {
				panic(fmt.Sprintf("write %d", i))
			}
		})
	}
	errs := make([]error, writes)
	var wait sync.WaitGroup
	for i := range writes {
		wait.Go(func() { errs[i] = write(i) })
	}
	done := make(chan struct{})
	go func() { wait.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("after a panic nobody can write any more")
	}
	for i, err := range errs {
		switch panicked := i%3 == 0; {
		case panicked && (err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("write %d", i))):
			t.Errorf("write %d ended with %v, want its panic", i, err)
		case !panicked && err != nil:
			t.Errorf("write %d: %v", i, err)
		}
	}
	app, err := s.App(t.Context(), "chat")
	must(t, err)
	if app.Limit.Concurrency != writes-writes/3 {
		t.Errorf("%d writes were made, want %d", app.Limit.Concurrency, writes-writes/3)
	}
}
