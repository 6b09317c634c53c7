#pragma once

#include "ostler/lab/prometheus_door.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ostler::lab {

struct PrometheusSample {
  std::int64_t time = 0;  ///< milliseconds since 1970
  double value = 0;
};

/// What says that a series has ended here: a NaN of its own.
double stale_marker();
bool is_stale(double value);

/// The value of a label, or an empty text.
std::string_view label_of(const PrometheusLabels& labels, std::string_view name);
/// Adds or replaces a label; an empty value removes it.
void set_label(PrometheusLabels& labels, std::string_view name, std::string_view value);
/// `{__name__="up", job="x"}`, for messages.
std::string label_text(const PrometheusLabels& labels);

struct PrometheusSeries {
  PrometheusLabels labels;  ///< with __name__
  std::deque<PrometheusSample> samples;
  std::size_t number = 0;  ///< in the order of creation

  /// The newest sample in (time - lookback, time], unless the series has ended.
  const PrometheusSample* at(std::int64_t time, std::int64_t lookback) const;
};

/// All series, with the samples of the last minutes.
class PrometheusStorage {
 public:
  explicit PrometheusStorage(std::int64_t retention_ms) : retention_(retention_ms) {}

  std::shared_ptr<PrometheusSeries> series(const PrometheusLabels& labels);
  void add(PrometheusSeries& series, PrometheusSample sample) const;
  /// Forgets series without samples since `now` minus the retention.
  void forget(std::int64_t now);

  /// The series of that metric (empty: all), in the order of their creation.
  std::vector<const PrometheusSeries*> select(std::string_view metric) const;

 private:
  std::int64_t retention_;
  std::map<PrometheusLabels, std::shared_ptr<PrometheusSeries>> by_labels_;
  std::map<std::string, std::vector<std::shared_ptr<PrometheusSeries>>, std::less<>> by_metric_;
  std::size_t created_ = 0;
};

/// One target, and the series that its last scrape gave.
class PrometheusScraper {
 public:
  PrometheusScraper(PrometheusLabels labels,
                    std::function<bool(const PrometheusDoor::Visitor&)> scrape,
                    PrometheusDoor::SampleLabels bring)
      : labels_(std::move(labels)), scrape_(std::move(scrape)), bring_(bring) {}

  const PrometheusLabels& labels() const { return labels_; }
  bool up() const { return up_; }
  std::optional<std::int64_t> scraped() const { return scraped_; }

  void scrape(PrometheusStorage& storage, std::int64_t now);
  /// Ends all its series.
  void end(PrometheusStorage& storage, std::int64_t now);

 private:
  struct Known {
    std::shared_ptr<PrometheusSeries> series;
    std::uint64_t pass = 0;
  };

  PrometheusSeries& find(PrometheusStorage& storage, std::string_view name,
                         const PrometheusLabels& labels);
  void end_missing(PrometheusStorage& storage, std::int64_t now);

  PrometheusLabels labels_;
  std::function<bool(const PrometheusDoor::Visitor&)> scrape_;
  PrometheusDoor::SampleLabels bring_;
  std::unordered_map<std::string, Known> known_;  ///< by name and labels as they were scraped
  std::string key_;
  std::uint64_t pass_ = 0;
  bool up_ = false;
  std::optional<std::int64_t> scraped_;
};

/// Reads a text exposition (`name{label="value"} 1.5`, comments, optional timestamps, which are
/// ignored) and tells each sample. False when a line cannot be read.
bool read_exposition(std::string_view text, const PrometheusDoor::Visitor& visitor);

}  // namespace ostler::lab
