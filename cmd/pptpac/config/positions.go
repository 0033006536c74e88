package config

import (
	"strconv"
	"strings"
)

// path is the way to a key or value: "server", "listen", "[0]". Elements of
// arrays, and the tables of an array of tables, are numbered in brackets.
type path []string

func (p path) child(name string) path {
	if len(p) > maxDepth {
		return p
	}
	return append(p[:len(p):len(p)], name)
}

func (p path) index(i int) path { return p.child("[" + strconv.Itoa(i) + "]") }

// key tells paths apart whatever characters their names have.
func (p path) key() string { return strings.Join(p, "\x00") }

// String writes the path as an administrator reads it: pool[1].name.
func (p path) String() string {
	var b strings.Builder
	for i, name := range p {
		if i > 0 && !strings.HasPrefix(name, "[") {
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	return b.String()
}

// positions are the lines on which the keys, tables and array elements of a
// file stand.
type positions map[string]int

// line is where p stands, or else the table that it would stand in; 0 if
// neither is in the file.
func (ps positions) line(p path) int {
	for ; len(p) > 0; p = p[:len(p)-1] {
		if n := ps[p.key()]; n > 0 {
			return n
		}
	}
	return 0
}

// findPositions scans TOML text. The TOML library has accepted the text
// before, so the scanner only has to tell tokens apart, not to judge them.
func findPositions(text string) positions {
	s := scanner{text: strings.TrimPrefix(text, "\ufeff"), line: 1, at: positions{}, tables: map[string]int{}}
	var table path
	for s.blank(true); s.pos < len(s.text); s.blank(true) {
		start := s.pos
		switch {
		case s.take("[["):
			table = s.tableOf(s.dotted(), true)
			_ = s.take("]]")
		case s.take("["):
			table = s.tableOf(s.dotted(), false)
			_ = s.take("]")
		default:
			s.keyValue(table)
		}
		if s.pos == start {
			s.pos++ // not TOML: go on all the same
		}
	}
	return s.at
}

type scanner struct {
	text   string
	pos    int
	line   int
	at     positions
	tables map[string]int // arrays of tables: how many so far
}

// maxDepth is far deeper than any schema: what lies below has no position of
// its own, so that a heap of brackets does not cost its depth squared.
const maxDepth = 32

func (s *scanner) mark(p path) {
	if len(p) > maxDepth {
		return
	}
	if _, known := s.at[p.key()]; !known {
		s.at[p.key()] = s.line
	}
}

// tableOf resolves the name in a header: parts that are arrays of tables mean
// the last table of each.
func (s *scanner) tableOf(names []string, array bool) path {
	var p path
	for i, name := range names {
		p = p.child(name)
		s.mark(p)
		count := s.tables[p.key()]
		if last := i == len(names)-1; last && array {
			s.tables[p.key()] = count + 1
			p = p.index(count)
			s.mark(p)
		} else if count > 0 {
			p = p.index(count - 1)
		}
	}
	return p
}

// keyValue scans `a.b = value`.
func (s *scanner) keyValue(table path) {
	p := table
	for _, name := range s.dotted() {
		p = p.child(name)
		s.mark(p)
	}
	if s.take("=") {
		s.blank(false)
		s.value(p)
	}
}

func (s *scanner) value(p path) {
	switch {
	case s.take("["):
		for i := 0; ; i++ {
			s.blank(true)
			if s.pos >= len(s.text) || s.take("]") {
				return
			}
			start := s.pos
			s.mark(p.index(i))
			s.value(p.index(i))
			s.blank(true)
			_ = s.take(",")
			if s.pos == start {
				s.pos++
			}
		}
	case s.take("{"):
		for {
			s.blank(true)
			if s.pos >= len(s.text) || s.take("}") {
				return
			}
			start := s.pos
			s.keyValue(p)
			s.blank(true)
			_ = s.take(",")
			if s.pos == start {
				s.pos++
			}
		}
	case s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\''):
		s.quoted()
	default:
		for s.pos < len(s.text) && !strings.ContainsRune(",]}#\r\n", rune(s.text[s.pos])) {
			s.pos++
		}
	}
}

// dotted scans a key: bare or quoted names with dots between them.
func (s *scanner) dotted() []string {
	var names []string
	for {
		s.blank(false)
		if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
			names = append(names, s.quoted())
		} else {
			start := s.pos
			for s.pos < len(s.text) && !strings.ContainsRune(" \t\r\n.=[]{},#\"'", rune(s.text[s.pos])) {
				s.pos++
			}
			if s.pos == start {
				return names
			}
			names = append(names, s.text[start:s.pos])
		}
		s.blank(false)
		if !s.take(".") {
			return names
		}
	}
}

// quoted scans a string of any of the four kinds, and returns what it means.
func (s *scanner) quoted() string {
	q := s.text[s.pos : s.pos+1]
	if long := strings.Repeat(q, 3); strings.HasPrefix(s.text[s.pos:], long) {
		return s.until(long, q == `"`)
	}
	return s.until(q, q == `"`)
}

// until scans a string that delim opens and closes.
func (s *scanner) until(delim string, escapes bool) string {
	s.pos += len(delim)
	start := s.pos
	for s.pos < len(s.text) && !strings.HasPrefix(s.text[s.pos:], delim) {
		if escapes && s.text[s.pos] == '\\' {
			s.pos++ // and what it escapes
		}
		if s.pos < len(s.text) {
			if s.text[s.pos] == '\n' {
				s.line++
			}
			s.pos++
		}
	}
	raw := s.text[start:min(s.pos, len(s.text))]
	s.pos = min(s.pos+len(delim), len(s.text))
	// Up to two quotes more belong to the end of a long string.
	for len(delim) == 3 && s.pos < len(s.text) && s.text[s.pos] == delim[0] {
		s.pos++
	}
	if !escapes || len(delim) == 3 {
		return raw
	}
	return unescape(raw)
}

// unescape resolves the escapes of a quoted key.
func unescape(raw string) string {
	if !strings.Contains(raw, `\`) {
		return raw
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			b.WriteByte(raw[i])
			continue
		}
		i++
		digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[raw[i]]
		if end := i + 1 + digits; digits > 0 && end <= len(raw) {
			n, _ := strconv.ParseUint(raw[i+1:end], 16, 32) // the library has checked it
			b.WriteRune(rune(n))
			i = end - 1
			continue
		}
		if plain := strings.IndexByte("btnfre", raw[i]); plain >= 0 {
			b.WriteByte("\b\t\n\f\r\x1b"[plain])
			continue
		}
		b.WriteByte(raw[i])
	}
	return b.String()
}

func (s *scanner) take(token string) bool {
	if !strings.HasPrefix(s.text[s.pos:], token) {
		return false
	}
	s.pos += len(token)
	return true
}

// blank skips white space, and with lines also comments and ends of line.
func (s *scanner) blank(lines bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
		case lines && c == '\n':
			s.line++
		case lines && c == '#':
			for s.pos+1 < len(s.text) && s.text[s.pos+1] != '\n' {
				s.pos++
			}
		default:
			return
		}
		s.pos++
	}
}
