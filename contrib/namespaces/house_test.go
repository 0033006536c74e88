package namespaces

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pptpac/pptpac/dataplane/netif/netiftest"
)

// The network of these tests:
//
//	server 192.0.2.1 ──── veth "wire" ──── 192.0.2.2 client
//	pptpac serve                           the test's own binary as a client (dialer_test.go)
const (
	serverOuter = "192.0.2.1"
	clientOuter = "192.0.2.2"
)

// house is a server in a namespace of its own, and a namespace for clients.
type house struct {
	t              *testing.T
	server, client *netiftest.Namespace
	dir            string
	socket         string
	daemon         *exec.Cmd
	log            *os.File
	starts         int // of the daemon
}

// newHouse makes the network; startDaemon runs pptpac with the given lines in
// [interface.pptp-dynamic-server] and users john (only an NT hash) and jack
// (a reversible secret), both with the password "secret".
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, server: netiftest.New(t), client: netiftest.New(t), dir: t.TempDir()}
	netiftest.Connect(t, h.server, h.client, "wire", netip.MustParsePrefix(serverOuter+"/24"), netip.MustParsePrefix(clientOuter+"/24"))
	h.socket = filepath.Join(h.dir, "admin.sock")
	return h
}

// configure writes the configuration file and returns its path.
func (h *house) configure(lines string) string {
	h.t.Helper()
	text := fmt.Sprintf("state-dir = %q\n[admin]\nsocket = %q\n[log]\nlevel = \"debug\"\nformat = \"json\"\n[interface.pptp-dynamic-server]\n%s\n",
		filepath.Join(h.dir, "state"), h.socket, lines)
	file := filepath.Join(h.dir, "pptpac.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return file
}

// startDaemon runs pptpac with those lines for the dynamic server.
func (h *house) startDaemon(lines string) {
	h.t.Helper()
	file := h.configure(lines)
	var err error
	if h.log, err = os.OpenFile(filepath.Join(h.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.daemon = exec.Command(built, "serve", "--config", file)
	h.daemon.Stdout, h.daemon.Stderr = h.log, h.log
	h.server.Do(h.t, h.daemon.Start)
	h.starts++
	h.t.Cleanup(func() {
		h.stopDaemon()
		if h.t.Failed() {
			text, _ := os.ReadFile(filepath.Join(h.dir, "log"))
			h.t.Logf("log of pptpac:\n%s", text)
		}
	})
	h.eventually("the daemon", func() bool {
		_, err := h.tryPptpac("", "version")
		return err == nil && strings.Count(h.logText(), "answering calls") == h.starts
	})
}

// stopDaemon ends the daemon politely and waits. Idempotent.
func (h *house) stopDaemon() {
	if h.daemon == nil {
		return
	}
	_ = h.daemon.Process.Signal(syscall.SIGTERM)
	if err := h.daemon.Wait(); err != nil {
		h.t.Errorf("pptpac ended with %v", err)
	}
	h.daemon = nil
	h.log.Close()
}

func (h *house) addUsers() {
	h.pptpac("secret", "users", "add", "name=john", "group=ppp", "--password-stdin")
	h.pptpac("secret", "users", "add", "name=jack", "group=ppp", "storage=reversible", "--password-stdin")
}

func (h *house) logText() string {
	b, err := os.ReadFile(filepath.Join(h.dir, "log"))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// pptpac runs a command of the binary with the socket of the daemon.
func (h *house) pptpac(stdin string, args ...string) string {
	h.t.Helper()
	out, err := h.tryPptpac(stdin, args...)
	if err != nil {
		h.t.Fatalf("pptpac %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (h *house) tryPptpac(stdin string, args ...string) (string, error) {
	cmd := exec.Command(built, append([]string{"--socket", h.socket}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// row is what the tests need of a session in JSON.
type row struct {
	ID, User, Address, Encoding, Cause, Reason, Stage string
	Rx, Tx                                            uint64
	Refused                                           bool
}

func (h *house) sessions(ended bool) (rows []row) {
	h.t.Helper()
	args := []string{"sessions", "list", "-o", "json"}
	if ended {
		args = append(args, "--ended")
	}
	if err := json.Unmarshal([]byte(h.pptpac("", args...)), &rows); err != nil {
		h.t.Fatal(err)
	}
	return rows
}

// connected waits until the server, too, lets IP pass for n sessions: its last
// IPCP frame may have been lost after the client had all of its own.
func (h *house) connected(n int) {
	h.t.Helper()
	h.eventually("the sessions on the server", func() bool {
		up := 0
		for _, s := range h.sessions(false) {
			if s.Stage == "connected" {
				up++
			}
		}
		return up == n
	})
}

// ended waits for n ended sessions and returns the latest.
func (h *house) ended(n int) row {
	h.t.Helper()
	var rows []row
	h.eventually("the end of the session", func() bool {
		rows = h.sessions(true)
		return len(rows) >= n
	})
	return rows[0]
}

func (h *house) eventually(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			h.t.Fatalf("timed out waiting for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ping sends count packets with size octets of data from the client and
// returns how many came back.
func (h *house) ping(to string, size, count int) int {
	h.t.Helper()
	// Without -w ping leaves two round trips after its last packet, which a busy
	// machine may well miss; with it lost ones are sent again.
	wait := []string{"-i", "0.2", "-w", "10"}
	if count > 10 {
		wait = []string{"-i", "0.02", "-W", "1"}
	}
	cmd := exec.Command("ping", append(wait, "-q", "-c", fmt.Sprint(count), "-s", fmt.Sprint(size), to)...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	h.client.Do(h.t, cmd.Start)
	_ = cmd.Wait() // loss is an exit status, too
	var sent, received int
	for line := range strings.Lines(out.String()) {
		if n, _ := fmt.Sscanf(line, "%d packets transmitted, %d received", &sent, &received); n == 2 {
			return received
		}
	}
	h.t.Fatalf("ping %s: %s", to, out.String())
	return 0
}

// transfer sends n octets by TCP from client to server and back through the
// tunnel and compares them.
func (h *house) transfer(serverInner string, n int64) {
	h.t.Helper()
	var l net.Listener
	h.server.Do(h.t, func() (err error) {
		l, err = net.Listen("tcp4", net.JoinHostPort(serverInner, "5001"))
		return err
	})
	defer l.Close()
	go func() { // ends with the connection
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(c, c)
	}()
	var c net.Conn
	h.client.Do(h.t, func() (err error) {
		c, err = net.DialTimeout("tcp4", l.Addr().String(), 10*time.Second)
		return err
	})
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	sent, received := sha256.New(), sha256.New()
	written := make(chan error, 1)
	go func() { // ends when all is written, or with the connection
		_, err := io.CopyN(io.MultiWriter(c, sent), rand.NewChaCha8([32]byte{}), n)
		_ = c.(*net.TCPConn).CloseWrite()
		written <- err
	}()
	got, err := io.Copy(received, c)
	if err := errors.Join(err, <-written); err != nil {
		h.t.Fatalf("%d octets of %d came back: %v", got, n, err)
	}
	if got != n || !bytes.Equal(sent.Sum(nil), received.Sum(nil)) {
		h.t.Errorf("%d octets came back, want the same %d", got, n)
	}
}

// killPlugin kills -9 the one child of the daemon that is its plugin.
func (h *house) killPlugin() {
	h.t.Helper()
	children := h.childrenOfAllThreads(h.daemon.Process.Pid)
	if len(children) != 1 {
		h.t.Fatalf("pptpac has the children %v, want one plugin", children)
	}
	var child int
	if _, err := fmt.Sscan(children[0], &child); err != nil {
		h.t.Fatal(err)
	}
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) childrenOfAllThreads(pid int) (children []string) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			h.t.Fatal(err)
		}
		children = append(children, strings.Fields(string(text))...)
	}
	return children
}
