// Package milepost reports the progress of long work to a Milepost service. Standard library only: a file to copy.
//
// It owns one job's line to the service: claiming, a report at most twice a second, heartbeats, what is asked again
// after an outage, and a context that ends when somebody cancels the job. It draws nothing and keeps nothing.
package milepost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Fields are the members of a JSON object.
type Fields map[string]any

// Job is one run of work, claimed by this process. Its methods may be called from any goroutine.
type Job struct {
	address, token string
	attempt        any // what `started` answered; nil until then
	cancel         context.CancelFunc
	current        atomic.Int64
	mutex          sync.Mutex // one request at a time, so that reports arrive in order
	stopped        chan struct{}
	once           sync.Once
}

const lease = 30 * time.Second

// Start creates the job and claims it. MILEPOST_URL, MILEPOST_PROJECT and MILEPOST_TOKEN say where; without an URL
// nothing is reported. The context it answers ends with ctx, when the job is cancelled, or is not ours any more.
func Start(ctx context.Context, id string, creation Fields) (*Job, context.Context, error) {
	ctx, cancel := context.WithCancel(ctx)
	job := &Job{token: os.Getenv("MILEPOST_TOKEN"), cancel: cancel, stopped: make(chan struct{})}
	service := os.Getenv("MILEPOST_URL")
	if service == "" {
		return job, ctx, nil
	}
	job.address = service + "/v1/projects/" + os.Getenv("MILEPOST_PROJECT") + "/jobs/" + id
	if _, err := job.ask("PUT", job.address, creation, time.Minute); err != nil {
		return nil, nil, err
	}
	host, _ := os.Hostname()
	worker := fmt.Sprintf("%.40s-%d-%x", host, os.Getpid(), rand.New(rand.NewSource(time.Now().UnixNano())).Uint32())
	if err := job.Report(Fields{"type": "started", "worker": worker}); err != nil {
		return nil, nil, err
	}
	go job.tick()
	return job, ctx, nil
}

// Phase ends the running phase and begins this one, which has this much to do; 0 = not known.
func (j *Job) Phase(name string, total int64) error {
	j.current.Store(0)
	fields := Fields{"type": "phase", "name": name}
	if total > 0 {
		fields["total"] = total
	}
	return j.Report(fields)
}

// Inc counts. It only adds to a number, which is sent twice a second.
func (j *Job) Inc(n int64) { j.current.Add(n) }

// Notice tells people something. level: info, success, warning or error.
func (j *Job) Notice(level, code, message string) error {
	return j.Report(Fields{"type": "notice", "level": level, "code": code, "message": message})
}

// Complete ends the job well.
func (j *Job) Complete(result Fields) error {
	return j.end(Fields{"type": "completed", "result": result})
}

// Cancelled ends the job as somebody wished.
func (j *Job) Cancelled() error { return j.end(Fields{"type": "cancelled"}) }

// Fail ends the job with an error.
func (j *Job) Fail(code string, err error) error {
	return j.end(Fields{"type": "failed", "error": Fields{"code": code, "message": fmt.Sprintf("%.1000s", err)}})
}

func (j *Job) end(fields Fields) error {
	j.once.Do(func() { close(j.stopped) })
	if j.current.Load() > 0 { // what was counted since the last tick
		_ = j.Report(Fields{"type": "progress", "current": j.current.Load()})
	}
	return j.Report(fields)
}

// Report sends any report of the contract, and asks again for a minute while the service is away.
func (j *Job) Report(fields Fields) error { return j.report(fields, time.Minute) }

func (j *Job) report(fields Fields, patience time.Duration) error {
	if j.address == "" {
		return nil
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.attempt != nil {
		fields["attempt"] = j.attempt
	}
	answer, err := j.ask("POST", j.address+"/reports", fields, patience)
	if answer["code"] == "fenced" || answer["code"] == "finished" || answer["cancel_requested"] == true {
		j.cancel()
	}
	if err == nil && fields["type"] == "started" {
		j.attempt = answer["attempt"]
	}
	return err
}

func (j *Job) tick() {
	said, at := int64(-1), time.Now()
	for every := time.NewTicker(500 * time.Millisecond); ; {
		select {
		case <-j.stopped:
			every.Stop()
			return
		case <-every.C:
		}
		if now := j.current.Load(); now != said {
			said, at = now, time.Now()
			_ = j.report(Fields{"type": "progress", "current": now}, 0) // a later one says the same
		} else if time.Since(at) > lease/3 {
			at = time.Now()
			_ = j.report(Fields{"type": "heartbeat"}, 0)
		}
	}
}

// ask sends a request until it is answered for good. Repeating a report is harmless.
func (j *Job) ask(method, address string, body Fields, patience time.Duration) (Fields, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: 10 * time.Second}
	for until, pause := time.Now().Add(patience), 250*time.Millisecond; ; pause = min(2*pause, 8*time.Second) {
		request, err := http.NewRequest(method, address, bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		request.Header.Set("content-type", "application/json")
		if j.token != "" {
			request.Header.Set("authorization", "Bearer "+j.token)
		}
		answer, status, wait := Fields{}, 0, pause
		response, err := client.Do(request)
		if err == nil {
			read, _ := io.ReadAll(response.Body)
			response.Body.Close()
			_ = json.Unmarshal(read, &answer)
			status = response.StatusCode
			if seconds, no := strconv.Atoi(response.Header.Get("retry-after")); no == nil {
				wait = time.Duration(seconds) * time.Second
			}
		}
		switch {
		case err == nil && status < 300:
			return answer, nil
		case err == nil && status < 500 && status != 429:
			return answer, fmt.Errorf("%s %s: %d %v: %v", method, address, status, answer["code"], answer["detail"])
		case time.Now().Add(wait).After(until):
			return answer, fmt.Errorf("%s %s: %d %v %v", method, address, status, answer["code"], err)
		}
		time.Sleep(wait + time.Duration(rand.Int63n(int64(wait)/4+1)))
	}
}

func min(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}
