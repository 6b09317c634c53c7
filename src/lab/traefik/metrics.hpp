#pragma once

#include "ostler/lab/metrics.hpp"
#include "ostler/lab/world.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <queue>

namespace ostler::lab {

/// The labels that discovery gives to a Pod's target. Of its own labels those that are no names to
/// Prometheus are made so: `pod-template-hash` is `pod_template_hash` there.
Labels target_labels(const std::string& job, const std::string& instance,
                     const std::string& name_space, const std::string& pod,
                     const std::map<std::string, std::string>& pod_labels);

/// The metrics of one process: numbers in memory that become samples or text only when somebody
/// asks.
class MetricBook {
 public:
  enum class Type { counter, gauge, histogram };

  /// One counter, gauge or histogram with its labels. Whoever counts keeps a pointer; a cell that
  /// was dropped from its book may be counted on without effect.
  class Cell {
   public:
    void add(double by = 1) { value_ += by; }
    void set(double value) { value_ = value; }
    /// For histograms only.
    void observe(Instant duration);

   private:
    friend class MetricBook;
    double value_ = 0;
    const std::vector<double>* bounds_ = nullptr;
    std::vector<std::uint64_t> counts_;  ///< one for each bound, and one for what is beyond
    Instant sum_{0};
    std::vector<std::shared_ptr<const Series>> series_;
  };
  using CellPointer = std::shared_ptr<Cell>;

  /// `target` are the labels that a scrape adds; the text does not have them.
  explicit MetricBook(Labels target) : target_(std::move(target)) {}

  /// Declares a metric; names are unique.
  void declare(const std::string& name, const std::string& help, Type type,
               std::vector<double> bounds = {});
  /// The cell of a declared metric with these labels, zero when it is new.
  CellPointer cell(const std::string& name, Labels labels = {});
  /// Removes all cells that have this label.
  void drop(const std::string& label, const std::string& value);

  void visit(const SampleVisitor& visitor) const;
  /// The Prometheus text format, metrics and label values in alphabetical order.
  std::string text() const;

 private:
  struct Metric {
    std::string help;
    Type type = Type::counter;
    std::vector<double> bounds;
    std::map<Labels, CellPointer> cells;
  };

  void name_series(const std::string& name, const Metric& metric, const Labels& labels,
                   Cell& cell) const;

  Labels target_;
  std::map<std::string, Metric> metrics_;
};

/// What is to be counted once its time has come: an answer counts when it is given, and it is known
/// earlier.
template <typename Observation>
class Upcoming {
 public:
  void add(Instant when, Observation observation) {
    waiting_.push_back({when, ++added_, std::move(observation)});
    std::push_heap(waiting_.begin(), waiting_.end(), later);
  }
  /// Hands out all that is due, in the order of its time.
  template <typename Take>
  void settle(Instant now, Take take) {
    while (!waiting_.empty() && waiting_.front().when <= now) {
      std::pop_heap(waiting_.begin(), waiting_.end(), later);
      take(waiting_.back().observation);
      waiting_.pop_back();
    }
  }
  void clear() { waiting_.clear(); }

 private:
  struct Waiting {
    Instant when;
    std::uint64_t order;
    Observation observation;
  };
  static bool later(const Waiting& a, const Waiting& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }
  std::vector<Waiting> waiting_;
  std::uint64_t added_ = 0;
};

/// The sorted union; `first` wins.
Labels joined_labels(const Labels& first, const Labels& second);

}  // namespace ostler::lab
