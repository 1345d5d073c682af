// Hashes the files that are named, and lets people watch: go run ./example FILE…
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"milepost"
)

func main() {
	stop, done := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer done()
	files := os.Args[1:]
	job, ctx, err := milepost.Start(stop, fmt.Sprintf("hash-%d", os.Getpid()), milepost.Fields{
		"kind": "hash", "title": "Hashes of files", "phases": []milepost.Fields{{"name": "hash", "unit": "files"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = job.Phase("hash", int64(len(files)))
	hashed := 0
	for _, file := range files {
		if ctx.Err() != nil {
			if err := job.Cancelled(); err != nil {
				log.Fatal(err)
			}
			return
		}
		sum, err := hash(file)
		if err != nil {
			_ = job.Notice("warning", "unreadable", err.Error())
		} else {
			fmt.Println(sum, file)
			hashed++
		}
		job.Inc(1)
	}
	if err := job.Complete(milepost.Fields{"hashed": hashed}); err != nil {
		log.Fatal(err)
	}
}

func hash(file string) (string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, opened)
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}
