package web

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

type metrics struct {
	requests *prometheus.CounterVec
	orders   *prometheus.CounterVec
	reloads  *prometheus.CounterVec
	seconds  map[string]prometheus.Histogram // by route
	handler  http.Handler
}

func newMetrics(version string) *metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	reg := prometheus.WrapRegistererWith(prometheus.Labels{"version": version}, registry)
	buckets := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 5, 10}
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "shop_http_requests_total", Help: "HTTP requests by status and route."}, []string{"code", "route"}),
		orders:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "shop_orders_total", Help: "Orders taken, by kind."}, []string{"tenant", "kind"}),
		reloads:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "shop_registry_reloads_total", Help: "Reloads of a registry after signaling."}, []string{"tenant"}),
		seconds: map[string]prometheus.Histogram{
			"checkout": prometheus.NewHistogram(prometheus.HistogramOpts{Name: "shop_checkout_seconds", Help: "Time of a checkout.", Buckets: buckets}),
			"pos_sync": prometheus.NewHistogram(prometheus.HistogramOpts{Name: "shop_pos_sync_seconds", Help: "Time of a till's synchronisation.", Buckets: buckets}),
		},
	}
	reg.MustRegister(m.requests, m.orders, m.reloads, m.seconds["checkout"], m.seconds["pos_sync"])
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return m
}

type counter struct{ n atomic.Int64 }

func (c *counter) next() int64 { return c.n.Add(1) }
