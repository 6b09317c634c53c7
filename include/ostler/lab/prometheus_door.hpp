#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/lab/world.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ostler::lab {

/// How the lab's Prometheus is set up; times are virtual.
struct PrometheusDoorSettings {
  Instant interval{1'000'000};  ///< between two scrapes of all targets; 0: it never scrapes
  Instant retention{600'000'000};
  Instant latency{1'000};
};

/// Label names and values, by name.
using PrometheusLabels = std::vector<std::pair<std::string, std::string>>;

/// A Prometheus that scrapes in virtual time and answers as version 3 does: instant and range
/// queries, targets, series and labels.
///
/// Of PromQL it knows selectors with `offset`, arithmetic, comparisons, set operators, matching
/// with `on`, `ignoring`, `group_left` and `group_right`; sum, avg, min, max, count, group, topk
/// and bottomk; rate, increase, irate, delta, idelta, changes, resets, the …_over_time of these
/// aggregations and last_over_time; histogram_quantile, timestamp, time, vector, scalar, absent,
/// abs, ceil, floor, round, clamp, clamp_min, clamp_max, sort and sort_desc. It knows neither
/// subqueries nor `@` nor native histograms: what it does not know is an error (400), never a
/// wrong answer.
class PrometheusDoor final : public Door {
 public:
  PrometheusDoor(World& world, PrometheusDoorSettings settings);
  ~PrometheusDoor() override;
  PrometheusDoor(const PrometheusDoor&) = delete;
  PrometheusDoor& operator=(const PrometheusDoor&) = delete;

  Served answer(const HttpRequest& request) override;

  /// Receives one sample: the metric's name, its own labels (sorted by name), its value.
  using Visitor =
      std::function<void(std::string_view name, const PrometheusLabels& labels, double value)>;
  using Target = std::uint64_t;
  /// Whether samples come with their own labels alone, or with those of their target already.
  enum class SampleLabels { own, with_target };
  /// `labels` are the target's: job, instance and whatever discovery adds; a sample's own label of
  /// such a name becomes `exported_…`. `scrape` tells its samples, or gives false when the target
  /// does not answer.
  Target add_target(PrometheusLabels labels, std::function<bool(const Visitor&)> scrape,
                    SampleLabels bring = SampleLabels::own);
  /// The same for a target whose metrics are a text as Prometheus reads it; nothing: no answer.
  Target add_text_target(PrometheusLabels labels,
                         std::function<std::optional<std::string>()> metrics);
  /// Its series end with the next scrape of the others.
  void remove_target(Target target);

  // Scenarios.

  /// Whether it scrapes; when it does not, it still answers, from what it has.
  void scrape(bool scraping);
  /// It answers 503 to everything.
  void fail(bool failing);
  /// Every answer to a query carries this warning (a partial answer); empty: none.
  void warn(std::string warning);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
