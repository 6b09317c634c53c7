// Series and samples of the lab's Prometheus, and the scraping that fills them.
#include "lab/prometheus/prometheus_storage.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ostler::lab {
namespace {

constexpr std::uint64_t stale_bits = 0x7ff0000000000002ULL;

bool comes_before(const PrometheusLabels::value_type& label, std::string_view name) {
  return label.first < name;
}

}  // namespace

double stale_marker() {
  return std::bit_cast<double>(stale_bits);
}
bool is_stale(double value) {
  return std::bit_cast<std::uint64_t>(value) == stale_bits;
}

std::string_view label_of(const PrometheusLabels& labels, std::string_view name) {
  const auto found = std::lower_bound(labels.begin(), labels.end(), name, comes_before);
  return found == labels.end() || found->first != name ? std::string_view{} : found->second;
}

void set_label(PrometheusLabels& labels, std::string_view name, std::string_view value) {
  const auto found = std::lower_bound(labels.begin(), labels.end(), name, comes_before);
  const bool there = found != labels.end() && found->first == name;
  if (value.empty()) {
    if (there) labels.erase(found);
  } else if (there) {
    found->second = value;
  } else {
    labels.emplace(found, name, value);
  }
}

std::string label_text(const PrometheusLabels& labels) {
  std::string text = "{";
  for (const auto& [name, value] : labels) {
    if (text.size() > 1) text += ", ";
    text += fmt::format("{}=\"{}\"", name, value);
  }
  return text + "}";
}

const PrometheusSample* PrometheusSeries::at(std::int64_t time, std::int64_t lookback) const {
  const auto after = std::upper_bound(
      samples.begin(), samples.end(), time,
      [](std::int64_t wanted, const PrometheusSample& sample) { return wanted < sample.time; });
  if (after == samples.begin()) return nullptr;
  const PrometheusSample& newest = *std::prev(after);
  return newest.time <= time - lookback || is_stale(newest.value) ? nullptr : &newest;
}

std::shared_ptr<PrometheusSeries> PrometheusStorage::series(const PrometheusLabels& labels) {
  std::shared_ptr<PrometheusSeries>& found = by_labels_[labels];
  if (found == nullptr) {
    found = std::make_shared<PrometheusSeries>();
    found->labels = labels;
    found->number = ++created_;
    by_metric_[std::string(label_of(labels, "__name__"))].push_back(found);
  }
  return found;
}

void PrometheusStorage::add(PrometheusSeries& series, PrometheusSample sample) const {
  while (!series.samples.empty() && series.samples.front().time < sample.time - retention_)
    series.samples.pop_front();
  series.samples.push_back(sample);
}

void PrometheusStorage::forget(std::int64_t now) {
  const auto old = [&](const PrometheusSeries& series) {
    return series.samples.empty() || series.samples.back().time < now - retention_;
  };
  for (auto metric = by_metric_.begin(); metric != by_metric_.end();) {
    std::erase_if(metric->second, [&](const auto& series) {
      if (!old(*series)) return false;
      by_labels_.erase(series->labels);
      return true;
    });
    metric = metric->second.empty() ? by_metric_.erase(metric) : std::next(metric);
  }
}

std::vector<const PrometheusSeries*> PrometheusStorage::select(std::string_view metric) const {
  std::vector<const PrometheusSeries*> found;
  if (!metric.empty()) {
    if (const auto named = by_metric_.find(metric); named != by_metric_.end())
      for (const auto& series : named->second) found.push_back(series.get());
    return found;
  }
  for (const auto& [name, all] : by_metric_)
    for (const auto& series : all) found.push_back(series.get());
  std::sort(found.begin(), found.end(),
            [](const auto* a, const auto* b) { return a->number < b->number; });
  return found;
}

PrometheusSeries& PrometheusScraper::find(PrometheusStorage& storage, std::string_view name,
                                          const PrometheusLabels& labels) {
  key_.assign(name);
  for (const auto& [label, value] : labels)
    key_.append(1, '\xff').append(label).append(1, '\xff').append(value);
  Known& known = known_[key_];
  if (known.series == nullptr) {
    PrometheusLabels all = labels_;
    const bool apart = bring_ == PrometheusDoor::SampleLabels::own;
    for (const auto& [label, value] : labels)
      set_label(all, apart && !label_of(labels_, label).empty() ? "exported_" + label : label,
                value);
    set_label(all, "__name__", name);
    known.series = storage.series(all);
  }
  known.pass = pass_;
  return *known.series;
}

void PrometheusScraper::end_missing(PrometheusStorage& storage, std::int64_t now) {
  std::erase_if(known_, [&](auto& entry) {
    if (entry.second.pass == pass_) return false;
    storage.add(*entry.second.series, {now, stale_marker()});
    return true;
  });
}

void PrometheusScraper::scrape(PrometheusStorage& storage, std::int64_t now) {
  ++pass_;
  double count = 0;
  // What a target told before it failed does not count.
  std::vector<std::pair<PrometheusSeries*, double>> told;
  told.reserve(known_.size());
  up_ = scrape_([&](std::string_view name, const PrometheusLabels& labels, double value) {
    ++count;
    told.emplace_back(&find(storage, name, labels), value);
  });
  if (!up_) {
    ++pass_;
    count = 0;
  } else {
    for (const auto& [series, value] : told) storage.add(*series, {now, value});
  }
  for (const auto& [name, value] :
       {std::pair{"up", up_ ? 1.0 : 0.0}, std::pair{"scrape_duration_seconds", 0.001},
        std::pair{"scrape_samples_scraped", count}})
    storage.add(find(storage, name, {}), {now, value});
  end_missing(storage, now);
  scraped_ = now;
}

void PrometheusScraper::end(PrometheusStorage& storage, std::int64_t now) {
  ++pass_;
  end_missing(storage, now);
}

}  // namespace ostler::lab
