#pragma once

#include "ostler/base/clock.hpp"
#include "ostler/base/result.hpp"
#include "ostler/transport/http.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ostler {

struct PromSample {
  std::map<std::string, std::string> labels;
  double value = 0;  ///< may be NaN or infinite
  WallTime time;
};

struct PromAnswer {
  std::vector<PromSample> samples;
  std::vector<std::string> warnings;  ///< a partial answer; never evidence
};

class PrometheusLook {
 public:
  virtual ~PrometheusLook() = default;
  /// An instant query (POST /api/v1/query); scalars and vectors only. An answer without samples is
  /// an empty vector.
  virtual Result<PromAnswer> query(const std::string& expression) const = 0;
  virtual Result<bool> ready() const = 0;
};

struct PrometheusSettings {
  std::string url;
  std::string ca_pem;
  std::shared_ptr<const Secret> bearer;
  Milliseconds timeout{5000};
};
std::unique_ptr<PrometheusLook> make_prometheus(const PrometheusSettings& settings,
                                                HttpClient& http);

}  // namespace ostler
