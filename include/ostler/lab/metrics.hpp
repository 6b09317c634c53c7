#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ostler::lab {

/// Label names and values, sorted by name.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// One time series, as a Prometheus that scraped it would know it: with the labels of the metric
/// and those of the target (`job`, `instance`, `namespace`, `pod` and the Pod's own labels).
struct Series {
  std::string name;
  Labels labels;
};

/// Called for every sample of a scrape. The pointer stays the same from scrape to scrape for as
/// long as the process lives that counts; whoever keeps it may know a series again by it.
using SampleVisitor =
    std::function<void(const std::shared_ptr<const Series>& series, double value)>;

}  // namespace ostler::lab
