package buy

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// answer is what came of one request.
type answer struct {
	At        time.Time `json:"-"` // when the answer was there
	Kind      string    `json:"kind"`
	Proxy     string    `json:"proxy"`
	Host      string    `json:"host"`
	Path      string    `json:"path"`
	Status    int       `json:"status"`
	Error     string    `json:"error,omitempty"`
	Version   string    `json:"version,omitempty"`
	Pod       string    `json:"pod,omitempty"`
	LatencyMS float64   `json:"latency_ms"`
	order     string    // acknowledged uuid
	pos       bool
}

type clients struct {
	c    config
	http []*http.Client
}

// newClients makes one client with kept connections for each proxy. A failed request is not sent again.
func newClients(c config) *clients {
	all := &clients{c: c}
	for range c.proxies {
		all.http = append(all.http, &http.Client{Timeout: c.timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{MaxIdleConns: 200, MaxIdleConnsPerHost: 200, IdleConnTimeout: 60 * time.Second, DisableCompression: true,
				DialContext: (&net.Dialer{Timeout: c.timeout}).DialContext}})
	}
	return all
}

// request sends the n-th request: of ten, seven are checkouts, two the login page, one a till's synchronisation.
func (all *clients) request(n int) answer {
	proxies, hosts := len(all.c.proxies), len(all.c.hosts)
	p := n % proxies
	a := answer{Kind: "failure", Proxy: all.c.proxies[p], Host: all.c.hosts[(n/proxies)%hosts]}
	var body []byte
	var uuid string
	switch n / (proxies * hosts) % 10 {
	case 3, 7:
		a.Path = "/web/login"
	case 5:
		a.Path, a.pos, uuid = "/pos/sync", true, newUUID()
		body, _ = json.Marshal(map[string]any{"jsonrpc": "2.0", "method": "call", "id": n, "params": map[string]any{"orders": []any{
			map[string]any{"uuid": uuid, "amount_total": 12.5, "date_order": time.Now().UTC().Format("2006-01-02 15:04:05")}}}})
	default:
		a.Path, uuid = "/shop/checkout", newUUID()
		body, _ = json.Marshal(map[string]any{"order": uuid, "lines": []any{map[string]any{"product": "Espresso cup", "qty": 2, "price": 9.9}}})
	}
	start := time.Now()
	err := all.send(all.http[p], &a, body)
	a.At = time.Now()
	a.LatencyMS = float64(a.At.Sub(start).Microseconds()) / 1000
	if err != nil {
		a.Error = err.Error()
	} else if uuid != "" {
		a.order = uuid
	}
	return a
}

func (all *clients) send(client *http.Client, a *answer, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), all.c.timeout)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(a.Proxy, "/")+a.Path, nil)
	if err != nil {
		return err
	}
	if body != nil {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body)) // no GetBody: a POST is never repeated
		req.Header.Set("Content-Type", "application/json")
	}
	req.Host = a.Host
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	a.Status, a.Version, a.Pod = res.StatusCode, res.Header.Get("X-Shop-Version"), res.Header.Get("X-Shop-Pod")
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	return judge(a, text)
}

// judge says what is wrong with an answer. A redirect of a page that should be there is a failure too: it is what
// Odoo gives while PostgreSQL is away.
func judge(a *answer, text []byte) error {
	if a.Status != http.StatusOK {
		return fmt.Errorf("HTTP %d", a.Status)
	}
	if a.Path == "/web/login" {
		return nil
	}
	var reply struct {
		Order string
		Error *struct {
			Data struct{ Name, Message string }
		}
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return fmt.Errorf("no JSON: %w", err)
	}
	if reply.Error != nil {
		return fmt.Errorf("JSON-RPC error %s: %s", reply.Error.Data.Name, reply.Error.Data.Message)
	}
	if !a.pos && reply.Order == "" {
		return fmt.Errorf("no order was acknowledged")
	}
	return nil
}

func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
