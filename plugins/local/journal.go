package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/pptpac/pptpac/aaa"
)

// Bounds of the journal's queue and of what it writes at once.
const (
	journalQueue = 1024
	journalBatch = 256
)

// journal is accounting.jsonl, and the writer of what is known of users' last
// sessions: one goroutine writes whatever has queued up meanwhile, so that many
// records share one fsync of each file.
type journal struct {
	path  string
	store *store
	queue chan entry    // full: write blocks with its ctx, note drops
	done  chan struct{} // closed when the writer has ended

	mu      sync.Mutex // guards options
	options journalOptions

	// Owned by the writer.
	file *os.File
	size int64
}

// entry is one thing to write.
type entry struct {
	line     []byte // nil: none
	sighting sighting
	written  chan<- error // capacity 1; nil: nobody waits
}

func openJournal(path string, o journalOptions, s *store) (*journal, error) {
	j := &journal{
		path:    path,
		store:   s,
		options: o,
		queue:   make(chan entry, journalQueue),
		done:    make(chan struct{}),
	}
	if err := j.open(); err != nil {
		return nil, err
	}
	// Ends when close closes the queue, and close awaits it.
	go j.run()
	return j, nil
}

func (j *journal) setOptions(o journalOptions) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.options = o
}

// write returns when the line and the sighting are stored. After an error
// neither has to be; a ctx that is done leaves it open.
func (j *journal) write(ctx context.Context, line []byte, g sighting) error {
	written := make(chan error, 1)
	select {
	case j.queue <- entry{line: line, sighting: g, written: written}:
	case <-ctx.Done():
		return fmt.Errorf("%w: the accounting file does not keep up: %w", aaa.ErrUnavailable, ctx.Err())
	}
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: write to the accounting file: %w", aaa.ErrUnavailable, ctx.Err())
	}
}

// note stores a sighting some time soon. It never blocks: when the queue is full
// the sighting is dropped, which costs no more than a fact about a failure.
func (j *journal) note(g sighting) {
	select {
	case j.queue <- entry{sighting: g}:
	default:
	}
}

// close stores what is queued. No other method may be running.
func (j *journal) close() error {
	close(j.queue)
	<-j.done
	return j.file.Close()
}

func (j *journal) run() {
	defer close(j.done)
	for e := range j.queue {
		batch := []entry{e}
		for more := true; more && len(batch) < journalBatch; {
			select {
			case e, open := <-j.queue:
				if more = open; open {
					batch = append(batch, e)
				}
			default:
				more = false
			}
		}
		err := j.storeBatch(batch)
		for _, e := range batch {
			if e.written != nil {
				e.written <- err
			}
		}
	}
}

// storeBatch stores sightings first: to store one twice does no harm, so that after
// an error in either step all of the batch may be delivered again.
func (j *journal) storeBatch(batch []entry) error {
	var sightings []sighting
	var text []byte
	for _, e := range batch {
		if e.sighting.user != "" {
			sightings = append(sightings, e.sighting)
		}
		text = append(text, e.line...)
	}
	if len(sightings) > 0 {
		if err := j.store.see(sightings); err != nil {
			return fmt.Errorf("store last sessions of users: %w", err)
		}
	}
	if len(text) == 0 {
		return nil
	}
	return j.append(text)
}

// append writes whole lines, or nothing.
func (j *journal) append(text []byte) error {
	j.mu.Lock()
	o := j.options
	j.mu.Unlock()
	if j.size > 0 && j.size+int64(len(text)) > o.maxSize {
		if err := j.rotate(o.keepFiles); err != nil {
			return fmt.Errorf("rotate %s: %w", j.path, err)
		}
	}
	_, err := j.file.Write(text)
	if err == nil && o.fsync {
		err = j.file.Sync()
	}
	if err != nil {
		// Part of the lines would be a broken line in front of the next ones.
		return errors.Join(fmt.Errorf("write accounting records: %w", err), j.file.Truncate(j.size))
	}
	j.size += int64(len(text))
	return nil
}

// open opens the file for appending, and ends a line that a crash left open.
func (j *journal) open() error {
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open accounting file: %w", err)
	}
	size, err := endLine(f)
	if err == nil {
		err = syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("open accounting file: %w", err)
	}
	j.file, j.size = f, size
	return nil
}

func endLine(f *os.File) (size int64, err error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return 0, err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return 0, err
	}
	if last[0] == '\n' {
		return info.Size(), nil
	}
	_, err = f.Write([]byte{'\n'})
	return info.Size() + 1, err
}

// rotate moves the file to .1, .1 to .2 and so on, and keeps so many of them. The
// new file is made first: without room for it nothing moves.
func (j *journal) rotate(keep int) error {
	fresh := j.path + ".new"
	f, err := os.OpenFile(fresh, os.O_RDWR|os.O_CREATE|os.O_APPEND|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	name := func(i int) string { return fmt.Sprintf("%s.%d", j.path, i) }
	for i := keep; i >= 1 && err == nil; i-- {
		from := j.path
		if i > 1 {
			from = name(i - 1)
		}
		if err = os.Rename(from, name(i)); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(fresh, j.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	old := j.file
	j.file, j.size = f, 0
	return old.Close()
}
