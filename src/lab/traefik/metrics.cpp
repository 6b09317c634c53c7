// Counters, gauges and histograms of the lab's processes, as samples and as Prometheus text.
#include "metrics.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <cctype>

namespace ostler::lab {
namespace {

constexpr double seconds_of(Instant duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

std::string escaped(const std::string& value) {
  return replace_all(replace_all(replace_all(value, "\\", "\\\\"), "\"", "\\\""), "\n", "\\n");
}

void write_labels(fmt::memory_buffer& out, const Labels& labels, const std::string& bound) {
  if (labels.empty() && bound.empty()) return;
  const char* separator = "{";
  for (const auto& [name, value] : labels) {
    fmt::format_to(std::back_inserter(out), "{}{}=\"{}\"", separator, name, escaped(value));
    separator = ",";
  }
  if (!bound.empty()) fmt::format_to(std::back_inserter(out), "{}le=\"{}\"", separator, bound);
  out.push_back('}');
}

std::string bound_text(const std::vector<double>& bounds, std::size_t at) {
  return at < bounds.size() ? fmt::format("{}", bounds[at]) : "+Inf";
}

}  // namespace

Labels joined_labels(const Labels& first, const Labels& second) {
  std::map<std::string, std::string> all(first.begin(), first.end());
  all.insert(second.begin(), second.end());
  return {all.begin(), all.end()};
}

Labels target_labels(const std::string& job, const std::string& instance,
                     const std::string& name_space, const std::string& pod,
                     const std::map<std::string, std::string>& pod_labels) {
  const auto unnameable = [](unsigned char letter) {
    return !std::isalnum(letter) && letter != '_';
  };
  Labels own;
  for (const auto& [name, value] : pod_labels) {
    own.emplace_back(name, value);
    std::replace_if(own.back().first.begin(), own.back().first.end(), unnameable, '_');
  }
  return joined_labels(
      {{"instance", instance}, {"job", job}, {"namespace", name_space}, {"pod", pod}}, own);
}

void MetricBook::Cell::observe(Instant duration) {
  const auto bucket = std::lower_bound(bounds_->begin(), bounds_->end(), seconds_of(duration));
  ++counts_[static_cast<std::size_t>(bucket - bounds_->begin())];
  sum_ += duration;
}

void MetricBook::declare(const std::string& name, const std::string& help, Type type,
                         std::vector<double> bounds) {
  Metric& metric = metrics_[name];
  metric.help = help;
  metric.type = type;
  metric.bounds = std::move(bounds);
}

MetricBook::CellPointer MetricBook::cell(const std::string& name, Labels labels) {
  std::sort(labels.begin(), labels.end());
  Metric& metric = metrics_.at(name);
  CellPointer& cell = metric.cells[labels];
  if (cell) return cell;
  cell = std::make_shared<Cell>();
  cell->bounds_ = &metric.bounds;
  if (metric.type == Type::histogram) cell->counts_.resize(metric.bounds.size() + 1);
  name_series(name, metric, labels, *cell);
  return cell;
}

void MetricBook::name_series(const std::string& name, const Metric& metric, const Labels& labels,
                             Cell& cell) const {
  const auto series = [](std::string own_name, Labels own_labels) {
    return std::make_shared<const Series>(Series{std::move(own_name), std::move(own_labels)});
  };
  const Labels all = joined_labels(labels, target_);
  if (metric.type != Type::histogram) {
    cell.series_.push_back(series(name, all));
    return;
  }
  for (std::size_t at = 0; at <= metric.bounds.size(); ++at)
    cell.series_.push_back(
        series(name + "_bucket", joined_labels(all, {{"le", bound_text(metric.bounds, at)}})));
  cell.series_.push_back(series(name + "_sum", all));
  cell.series_.push_back(series(name + "_count", all));
}

void MetricBook::drop(const std::string& label, const std::string& value) {
  const std::pair<std::string, std::string> pair{label, value};
  for (auto& [name, metric] : metrics_)
    std::erase_if(metric.cells, [&](const auto& entry) {
      const Labels& labels = entry.first;
      return std::find(labels.begin(), labels.end(), pair) != labels.end();
    });
}

void MetricBook::visit(const SampleVisitor& visitor) const {
  for (const auto& [name, metric] : metrics_)
    for (const auto& [labels, cell] : metric.cells) {
      if (metric.type != Type::histogram) {
        visitor(cell->series_.front(), cell->value_);
        continue;
      }
      std::uint64_t count = 0;
      for (std::size_t at = 0; at < cell->counts_.size(); ++at) {
        count += cell->counts_[at];
        visitor(cell->series_[at], static_cast<double>(count));
      }
      visitor(cell->series_[cell->counts_.size()], seconds_of(cell->sum_));
      visitor(cell->series_[cell->counts_.size() + 1], static_cast<double>(count));
    }
}

std::string MetricBook::text() const {
  static constexpr const char* words[] = {"counter", "gauge", "histogram"};
  fmt::memory_buffer out;
  const auto line = [&](const std::string& name, const Labels& labels, const std::string& bound,
                        double value) {
    out.append(name);
    write_labels(out, labels, bound);
    fmt::format_to(std::back_inserter(out), " {}\n", value);
  };
  for (const auto& [name, metric] : metrics_) {
    if (metric.cells.empty()) continue;
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, metric.help, name,
                   words[static_cast<int>(metric.type)]);
    for (const auto& [labels, cell] : metric.cells) {
      if (metric.type != Type::histogram) {
        line(name, labels, "", cell->value_);
        continue;
      }
      std::uint64_t count = 0;
      for (std::size_t at = 0; at < cell->counts_.size(); ++at) {
        count += cell->counts_[at];
        line(name + "_bucket", labels, bound_text(metric.bounds, at), static_cast<double>(count));
      }
      line(name + "_sum", labels, "", seconds_of(cell->sum_));
      line(name + "_count", labels, "", static_cast<double>(count));
    }
  }
  return fmt::to_string(out);
}

}  // namespace ostler::lab
