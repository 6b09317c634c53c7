#pragma once

#include "metrics.hpp"

#include "ostler/transport/http.hpp"

#include <array>
#include <set>

namespace ostler::lab {

/// What one Traefik counts, under Traefik's names.
class ProxyMetrics {
 public:
  struct Cells {
    MetricBook::CellPointer requests, seconds, request_bytes, response_bytes;
  };
  /// Counts for one entry point, router or service.
  class Recorder {
   public:
    Recorder(MetricBook& book, std::string level, Labels labels)
        : book_(book), level_(std::move(level)), labels_(std::move(labels)) {}
    const Cells& cells(int code, const std::string& method, const char* protocol);

   private:
    friend class ProxyMetrics;
    struct Entry {
      int code;
      std::string method, protocol;
      Cells cells;
    };
    MetricBook& book_;
    std::string level_;
    Labels labels_;
    std::vector<Entry> entries_;
  };
  using RecorderPointer = std::shared_ptr<Recorder>;

  ProxyMetrics(World& world, const Labels& target);

  RecorderPointer entry_point(const std::string& name);
  RecorderPointer router(const std::string& name, const std::string& service);
  RecorderPointer service(const std::string& name);

  /// An answer that will be there after `took`; it counts from then on. Null recorders are skipped.
  void count(const HttpRequest& request, const HttpResponse& response, Instant took,
             const std::array<RecorderPointer, 3>& recorders);
  /// A configuration was loaded that has these routers and services. What was counted for others
  /// goes after the next scrape, as in the real one.
  void loaded(std::set<std::string> routers, std::set<std::string> services);

  // Each of these is a scrape.
  std::string text();
  void visit(const SampleVisitor& visitor);

 private:
  struct Observation {
    Instant took;
    double request_bytes, response_bytes;
    std::array<Cells, 3> cells;
  };
  RecorderPointer recorder(const std::string& level, Labels labels);
  void settle();
  void forget(const std::string& label, const std::string& value);
  void forget_outdated();

  World& world_;
  MetricBook book_;
  MetricBook::CellPointer reloads_, last_reload_;
  std::map<Labels, RecorderPointer> recorders_;
  Upcoming<Observation> upcoming_;
  std::set<std::string> routers_, services_, gone_routers_, gone_services_;
};

}  // namespace ostler::lab
