package steps_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/permiso/scimwright/conformance/steps"
)

// A script is a transport that answers by a list, the last one for ever. It takes down
// when, on the clock of the test, it was asked.
type script struct {
	begun   time.Time
	answers []scripted
	asked   []time.Duration
}

type scripted struct {
	status     int
	retryAfter string
	err        error
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, time.Since(s.begun))
	a := s.answers[min(len(s.asked), len(s.answers))-1]
	if a.err != nil {
		return nil, a.err
	}
	header := http.Header{}
	if a.retryAfter != "" {
		header.Set("Retry-After", a.retryAfter)
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// ask sends n reads to a target and returns when they arrived, and how the last ended.
func ask(t *testing.T, n int, rate float64, answers ...scripted) (asked []time.Duration, target *steps.Target, last error) {
	t.Helper()
	s := &script{begun: time.Now(), answers: answers}
	target, err := steps.NewTarget(steps.TargetConfig{Endpoint: "https://app.example.com", Transport: s, Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		_, last = target.Get(context.Background(), nil, "Users")
	}
	return s.asked, target, last
}

func wantTimes(t *testing.T, asked []time.Duration, want ...time.Duration) {
	t.Helper()
	if len(asked) != len(want) {
		t.Fatalf("%d requests at %v, want %d", len(asked), asked, len(want))
	}
	for i := range want {
		if asked[i] != want[i] {
			t.Errorf("request %d left at %s, want %s", i+1, asked[i], want[i])
		}
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, _, _ := ask(t, 4, 5, scripted{status: 200})
		wantTimes(t, asked, 0, 200*time.Millisecond, 400*time.Millisecond, 600*time.Millisecond)
		asked, _, _ = ask(t, 3, 0, scripted{status: 200})
		wantTimes(t, asked, 0, 0, 0)
		asked, _, _ = ask(t, 2, 0.5, scripted{status: 200})
		wantTimes(t, asked, 0, 2*time.Second)
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, target, _ := ask(t, 2, 5, scripted{status: 429, retryAfter: "7"}, scripted{status: 503, retryAfter: "3"}, scripted{status: 200})
		wantTimes(t, asked, 0, 7*time.Second, 10*time.Second, 10*time.Second+200*time.Millisecond)
		if err := target.Trouble(); err != nil {
			t.Error(err)
		}
		at := time.Now().Add(20*time.Second + 800*time.Millisecond).UTC().Format(http.TimeFormat)
		asked, _, _ = ask(t, 1, 0, scripted{status: 429, retryAfter: at}, scripted{status: 200})
		wantTimes(t, asked, 0, 20*time.Second+800*time.Millisecond)
		// Without a time it is a second; 503 may also mean something else.
		asked, _, _ = ask(t, 1, 0, scripted{status: 429}, scripted{status: 503}, scripted{status: 200})
		wantTimes(t, asked, 0, time.Second, 2*time.Second)
	})
}

func TestTroubleWithATarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for says, c := range map[string]struct {
			reads   int
			answers []scripted
		}{
			"6 requests in a row with 429": {2, []scripted{{status: 429, retryAfter: "1"}}},
			"in a row with 429 or 503":     {2, []scripted{{status: 503}}},
			"left alone for 1h0m0s":        {1, []scripted{{status: 429, retryAfter: "3600"}}},
			"not answered 3 requests":      {3, []scripted{{err: errors.New("connection reset")}}},
		} {
			_, target, _ := ask(t, c.reads, 0, c.answers...)
			if err := target.Trouble(); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("trouble %v, want it to say %q", err, says)
			}
		}
		reset := scripted{err: errors.New("connection reset")}
		if _, target, _ := ask(t, 5, 0, reset, reset, scripted{status: 500}, reset, reset); target.Trouble() != nil {
			t.Errorf("a target that answers now and then is given up: %v", target.Trouble())
		}
	})
}

// A request that the run itself has ended says nothing about the target.
func TestEndedRequestsAreNoTrouble(t *testing.T) {
	s := &script{begun: time.Now(), answers: []scripted{{err: context.Canceled}}}
	target, err := steps.NewTarget(steps.TargetConfig{Endpoint: "https://app.example.com", Transport: s, Rate: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 5 {
		if _, err := target.Get(ctx, nil, "Users"); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
	}
	if err := target.Trouble(); err != nil || len(s.asked) > 1 {
		t.Errorf("trouble %v, %d requests", err, len(s.asked))
	}
}
