#pragma once

#include "lab/prometheus/promql.hpp"

#include "ostler/base/clock.hpp"
#include "ostler/lab/door.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ostler::lab {

/// `{"status":"success","data":…}`, with the notes there are.
Served prometheus_success(Json data, const PromNotes& notes = {});
/// `{"status":"error","errorType":…,"error":…}`
Served prometheus_error(int status, std::string_view type, const std::string& words);

/// The data of an answer to an instant query.
Json prometheus_data(const PromValue& value, std::int64_t time);
/// One series of a matrix.
Json prometheus_series(const PrometheusLabels& labels,
                       const std::vector<PrometheusSample>& samples);
Json prometheus_labels(const PrometheusLabels& labels);

/// A time as queries give it, in seconds since 1970 or by RFC 3339, in milliseconds.
std::optional<std::int64_t> prometheus_time(const std::string& text);
/// A length of time, in seconds or as a duration, in milliseconds.
std::optional<std::int64_t> prometheus_length(const std::string& text);

}  // namespace ostler::lab
