package buy

import (
	"encoding/json"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

// stamp prints a time with milliseconds.
type stamp time.Time

func (t stamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z")), nil
}

func (t *stamp) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(time.RFC3339, string(text))
	*t = stamp(parsed)
	return err
}

type span struct {
	Requests int    `json:"requests"`
	Failed   int    `json:"failed"`
	First    *stamp `json:"first,omitempty"`
	Last     *stamp `json:"last,omitempty"`
}

func (s *span) add(a answer) {
	t := stamp(a.At)
	if s.First == nil {
		s.First = &t
	}
	s.Last = &t
	s.Requests++
	if a.Error != "" {
		s.Failed++
	}
}

// Summary is the last word, on standard output.
type Summary struct {
	Requests       int                         `json:"requests"`
	Failed         int                         `json:"failed"`
	Acknowledged   int                         `json:"acknowledged"`
	Lost           int                         `json:"lost"`
	Doubled        int                         `json:"doubled"`
	LostOrders     []string                    `json:"lost_orders,omitempty"`
	Compared       bool                        `json:"compared"` // with the tenants' databases
	CheckError     string                      `json:"check_error,omitempty"`
	ByVersion      map[string]*span            `json:"by_version"`
	ByProxy        map[string]map[string]*span `json:"by_proxy"` // proxy, then version
	ByStatus       map[string]int              `json:"by_status"`
	FirstFailure   *stamp                      `json:"first_failure,omitempty"`
	LastFailure    *stamp                      `json:"last_failure,omitempty"`
	LatencyMS      map[string]float64          `json:"latency_ms"`
	SecondsElapsed float64                     `json:"seconds"`
}

type acknowledged struct {
	order string
	pos   bool
}

// book keeps the count of everything.
type book struct {
	mu      sync.Mutex
	file    *os.File
	start   time.Time
	sum     Summary
	now     secondLine
	latency []float64
	orders  map[string][]acknowledged // by tenant
}

type secondLine struct {
	Time     stamp          `json:"time"`
	Kind     string         `json:"kind"`
	Requests int            `json:"requests"`
	Failed   int            `json:"failed"`
	Versions map[string]int `json:"versions"`
}

type failureLine struct {
	Time stamp `json:"time"`
	answer
}

func openBook(path string) (*book, error) {
	b := &book{start: time.Now(), orders: map[string][]acknowledged{}, sum: Summary{ByVersion: map[string]*span{}, ByProxy: map[string]map[string]*span{}, ByStatus: map[string]int{}}}
	b.now.Versions = map[string]int{}
	if path == "" {
		return b, nil
	}
	var err error
	b.file, err = os.Create(path)
	return b, err
}

func (b *book) answer(a answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sum.Requests++
	b.now.Requests++
	b.latency = append(b.latency, a.LatencyMS)
	version := a.Version
	if version == "" {
		version = "none" // no answer of the shop: a timeout, or a proxy's own
	}
	b.now.Versions[version]++
	entry(b.sum.ByVersion, version).add(a)
	if b.sum.ByProxy[a.Proxy] == nil {
		b.sum.ByProxy[a.Proxy] = map[string]*span{}
	}
	entry(b.sum.ByProxy[a.Proxy], version).add(a)
	status := "no answer"
	if a.Status != 0 {
		status = a.Path + " " + itoa(a.Status)
	}
	b.sum.ByStatus[status]++
	if a.Error != "" {
		t := stamp(a.At)
		if b.sum.FirstFailure == nil {
			b.sum.FirstFailure = &t
		}
		b.sum.LastFailure = &t
		b.sum.Failed++
		b.now.Failed++
		b.line(failureLine{Time: t, answer: a})
		return
	}
	if a.order != "" {
		tenant, _, _ := strings.Cut(a.Host, ".")
		b.orders[tenant] = append(b.orders[tenant], acknowledged{a.order, a.pos})
		b.sum.Acknowledged++
	}
}

func entry(m map[string]*span, key string) *span {
	if m[key] == nil {
		m[key] = &span{}
	}
	return m[key]
}

func itoa(n int) string { text, _ := json.Marshal(n); return string(text) }

// second closes the count of this second.
func (b *book) second() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now.Time, b.now.Kind = stamp(time.Now()), "second"
	b.line(b.now)
	b.now = secondLine{Versions: map[string]int{}}
}

func (b *book) line(v any) {
	if b.file != nil {
		text, _ := json.Marshal(v)
		b.file.Write(append(text, '\n'))
	}
}

func (b *book) close() {
	if b.file != nil {
		b.file.Close()
	}
}

func (b *book) summary() Summary {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sum
	sort.Float64s(b.latency)
	s.LatencyMS = map[string]float64{}
	for name, share := range map[string]float64{"p50": .5, "p95": .95, "p99": .99, "max": 1} {
		if n := len(b.latency); n > 0 {
			s.LatencyMS[name] = b.latency[min(n-1, int(share*float64(n)))]
		}
	}
	s.SecondsElapsed = time.Since(b.start).Seconds()
	return s
}
