// Prometheus: instant queries and readiness. What an answer is worth is the caller's business.
#include "ostler/systems/prometheus.hpp"

#include "ostler/base/json.hpp"
#include "ostler/base/text.hpp"

#include <cmath>
#include <cstdlib>

namespace ostler {
namespace {

/// Values are texts, among them "NaN", "+Inf" and "-Inf", all of which strtod reads.
std::optional<double> value_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return number;
}

std::optional<PromSample> sample_of(const Json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number()) return std::nullopt;
  const std::optional<double> value = value_of(pair[1]);
  if (!value) return std::nullopt;
  PromSample sample;
  sample.value = *value;
  sample.time = WallTime{Milliseconds{std::llround(pair[0].get<double>() * 1000)}};
  return sample;
}

class PrometheusClient final : public PrometheusLook {
 public:
  PrometheusClient(PrometheusSettings settings, HttpClient& http)
      : settings_(std::move(settings)), http_(http) {
    while (ends_with(settings_.url, "/")) settings_.url.pop_back();
  }

  Result<PromAnswer> query(const std::string& expression) const override {
    HttpRequest request = to("/api/v1/query");
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body =
        fmt::format("query={}&timeout={}ms", url_encoded(expression), settings_.timeout.count());
    OSTLER_TRY(const HttpResponse answer, send(request));
    Result<Json> parsed = parse_json(answer.body, about());
    const Json body = parsed.ok() ? *parsed : Json{};
    if (answer.status != 200 || text_at(body, "/status") != "success")
      return refusal(answer.status, body);
    return read(body);
  }

  Result<bool> ready() const override {
    OSTLER_TRY(const HttpResponse answer, send(to("/-/ready")));
    if (answer.status == 200) return true;
    if (answer.status == 503) return false;
    return refusal(answer.status, Json{});
  }

 private:
  std::string about() const { return "Prometheus at " + sanitize(settings_.url); }

  HttpRequest to(const std::string& path) const {
    HttpRequest request;
    request.url = settings_.url + path;
    request.bearer = settings_.bearer;
    request.tls.ca_pem = settings_.ca_pem;
    request.connect_timeout = std::min(request.connect_timeout, settings_.timeout);
    request.timeout = settings_.timeout;
    return request;
  }

  /// A query changes nothing, even though it is a POST.
  Result<HttpResponse> send(const HttpRequest& request) const {
    Result<HttpResponse> answer = http_.send(request);
    if (!answer.ok() && answer.failure().kind == FailureKind::unknown)
      answer.failure().kind = FailureKind::transient;
    return answer;
  }

  Failure refusal(int status, const Json& body) const {
    const std::string type =
        sanitize(text_at(body, "/errorType", "no answer in JSON"), Lines::escape, 60);
    const std::string words = sanitize(text_at(body, "/error"), Lines::escape, 400);
    const FailureKind kind = status == 401 || status == 403 ? FailureKind::refused
                             : status == 503 || status == 429 || status >= 500
                                 ? FailureKind::transient
                                 : FailureKind::permanent;
    return {
        kind, fmt::format("{}: {} {}{}", about(), status, type, words.empty() ? "" : ": " + words),
        status == 400 || status == 422 ? "Try the expression in Prometheus' own interface." : "",
        std::to_string(status)};
  }

  Failure unfit(std::string_view why) const {
    return {FailureKind::permanent, fmt::format("{}: {}", about(), why),
            "An indicator needs an expression that gives a scalar or an instant vector.", ""};
  }

  Result<PromAnswer> read(const Json& body) const {
    PromAnswer answer;
    if (const Json& warnings = value_at(body, "/warnings"); warnings.is_array())
      for (const Json& warning : warnings)
        answer.warnings.push_back(sanitize(text_at(warning, ""), Lines::escape, 400));
    const std::string type = text_at(body, "/data/resultType");
    const Json& result = value_at(body, "/data/result");
    if (type == "scalar") {
      std::optional<PromSample> sample = sample_of(result);
      if (!sample) return unfit("the scalar is no number");
      answer.samples.push_back(std::move(*sample));
      return answer;
    }
    if (type != "vector" || !result.is_array())
      return unfit(fmt::format("the expression gives a {}", sanitize(type)));
    for (const Json& series : result) {
      if (!value_at(series, "/histogram").is_null())
        return unfit("the expression gives native histograms");
      std::optional<PromSample> sample = sample_of(value_at(series, "/value"));
      if (!sample) return unfit("a sample is no number");
      if (const Json& labels = value_at(series, "/metric"); labels.is_object())
        for (const auto& [name, value] : labels.items())
          sample->labels[sanitize(name)] = sanitize(text_at(value, ""));
      answer.samples.push_back(std::move(*sample));
    }
    return answer;
  }

  PrometheusSettings settings_;
  HttpClient& http_;
};

}  // namespace

std::unique_ptr<PrometheusLook> make_prometheus(const PrometheusSettings& settings,
                                                HttpClient& http) {
  return std::make_unique<PrometheusClient>(settings, http);
}

}  // namespace ostler
