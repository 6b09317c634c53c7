# Starts Prometheus, which finds Traefik's and the shop's Pods through the Kubernetes API and asks each every second.
# shellcheck shell=bash

start_prometheus() {
  mkdir -p "$STATE/prometheus"
  cat >"$STATE/prometheus/prometheus.yml" <<YAML
global:
  scrape_interval: 1s
  scrape_timeout: 900ms
scrape_configs:
  - job_name: traefik
    kubernetes_sd_configs:
      - role: pod
        kubeconfig_file: $KUBECONFIG_ADMIN
        namespaces: {names: [traefik]}
    relabel_configs: &pod
      - {source_labels: [__meta_kubernetes_pod_phase], regex: Pending|Succeeded|Failed, action: drop}
      - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], regex: "true", action: keep}
      # A Pod with several ports is found once for each; with the annotation's port these become one again.
      - source_labels: [__meta_kubernetes_pod_ip, __meta_kubernetes_pod_annotation_prometheus_io_port]
        regex: (.+);(.+)
        replacement: \$1:\$2
        target_label: __address__
      - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
      - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
      - {regex: __meta_kubernetes_pod_label_(.+), action: labelmap}
  - job_name: shop
    kubernetes_sd_configs:
      - role: pod
        kubeconfig_file: $KUBECONFIG_ADMIN
        namespaces: {names: [odoo-pool-a]}
    relabel_configs: *pod
YAML
  start prometheus prometheus --config.file "$STATE/prometheus/prometheus.yml" --storage.tsdb.path "$STATE/prometheus/data" \
    --web.listen-address 127.0.0.1:9090 --log.level warn
}
