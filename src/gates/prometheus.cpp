// prometheus: one number from an expression, for the new and the old version, believed only while
// the samples behind it are fresh.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"

#include <cctype>
#include <cmath>
#include <set>

namespace ostler {

namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == ':';
}

/// Finds the instant selectors of an expression ("name{matchers}", without range), so that the age
/// of the raw samples can be asked for. An instant query answers with its own time, so the answer
/// alone cannot tell how old its data is.
class SelectorFinder {
 public:
  explicit SelectorFinder(std::string_view text) : text_(text) {}

  std::set<std::string> find() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'' || c == '`')
        skip_string(c);
      else if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (c == '{')
        found_.insert(matchers());
      else if (c == '[')
        at_ = std::min(text_.find(']', at_), text_.size());
      else if (std::isdigit(static_cast<unsigned char>(c)) || c == '.')
        skip_name();
      else if (is_name(c))
        name();
      else
        ++at_;
    }
    return std::move(found_);
  }

 private:
  void name() {
    const std::string word(skip_name());
    skip_blanks();
    const char next = at_ < text_.size() ? text_[at_] : '\0';
    static const std::set<std::string> with_labels{"by",       "without",    "on",
                                                   "ignoring", "group_left", "group_right"};
    static const std::set<std::string> operators{"and",   "or",  "unless", "bool", "offset",
                                                 "atan2", "inf", "nan",    "Inf",  "NaN"};
    static const std::set<std::string> aggregations{
        "sum",  "avg",     "min",          "max",   "count",    "stddev", "stdvar",
        "topk", "bottomk", "count_values", "group", "quantile", "limitk", "limit_ratio"};
    if (next == '{') {
      found_.insert(word + matchers());
    } else if (with_labels.contains(word)) {
      if (next == '(') at_ = std::min(text_.find(')', at_), text_.size());
    } else if (next != '(' && !operators.contains(word) && !aggregations.contains(word)) {
      found_.insert(word);
    }
  }

  std::string matchers() {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != '}') {
      if (text_[at_] == '"' || text_[at_] == '\'' || text_[at_] == '`')
        skip_string(text_[at_]);
      else
        ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
    return std::string(text_.substr(start, at_ - start));
  }

  std::string_view skip_name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.')) ++at_;
    return text_.substr(start, at_ - start);
  }

  void skip_string(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_)
      if (text_[at_] == '\\' && quote != '`') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::set<std::string> found_;
};

/// One version's side of an indicator.
class Side {
 public:
  Side() = default;
  explicit Side(std::string query)
      : query_(std::move(query)), selectors_(SelectorFinder(query_).find()) {}

  void start() {
    newest_ = WallTime{};
    samples_ = 0;
  }

  struct Answer {
    std::optional<double> value;
    std::string trouble;   ///< Prometheus cannot be believed
    std::string no_value;  ///< it can, but has no number for us
  };

  Answer ask(const PrometheusLook& prometheus, Milliseconds max_age) {
    Answer answer;
    if (selectors_.empty()) {
      answer.trouble = "the expression names no metric, so nobody can tell how old its data is";
      return answer;
    }
    const auto result = prometheus.query(query_);
    if (!result)
      answer.trouble = result.failure().message;
    else if (!result->warnings.empty())
      answer.trouble = "Prometheus warns: " + result->warnings.front();
    else if (result->samples.empty())
      answer.no_value = "no data";
    else if (result->samples.size() > 1)
      answer.trouble = fmt::format("the expression gives {} series where one is expected",
                                   result->samples.size());
    else if (!std::isfinite(result->samples.front().value))
      answer.no_value = fmt::format("the value is {}", result->samples.front().value);
    else
      answer.value = result->samples.front().value;
    if (answer.value) judge_age(prometheus, max_age, answer);
    return answer;
  }

  /// How many distinct scrapes the answers so far rest on: a Prometheus that stands still adds
  /// none.
  double samples() const { return samples_; }

 private:
  void judge_age(const PrometheusLook& prometheus, Milliseconds max_age, Answer& answer) {
    std::optional<WallTime> oldest;
    for (const std::string& selector : selectors_) {
      const auto result = prometheus.query("max(timestamp(" + selector + "))");
      if (!result) {
        answer.trouble = result.failure().message;
        return;
      }
      if (result->samples.size() != 1) {
        answer.trouble = "no samples of " + sanitize(selector, Lines::escape, 100);
        return;
      }
      const PromSample& sample = result->samples.front();
      const WallTime scraped{Milliseconds{std::llround(sample.value * 1000)}};
      const auto age = std::chrono::duration_cast<Milliseconds>(sample.time - scraped);
      if (age > max_age) {
        answer.trouble = fmt::format("the newest sample is {} old (limit {})", format_duration(age),
                                     format_duration(max_age));
        return;
      }
      oldest = oldest ? std::min(*oldest, scraped) : scraped;
    }
    if (oldest && *oldest > newest_) {
      newest_ = *oldest;
      ++samples_;
    }
  }

  std::string query_;
  std::set<std::string> selectors_;
  WallTime newest_{};
  double samples_ = 0;
};

class PrometheusSampler final : public Sampler {
 public:
  PrometheusSampler(IndicatorConfig indicator, const GateSubject& subject)
      : indicator_(std::move(indicator)),
        canary_(filled_in(subject, subject.canary_workload, subject.canary_service)) {
    const bool split = indicator_.query.find("${workload}") != std::string::npos ||
                       indicator_.query.find("${service}") != std::string::npos;
    if (split && !subject.stable_service.empty())
      stable_.emplace(filled_in(subject, subject.stable_workload, subject.stable_service));
  }

  void start(const Looks&) override {
    canary_.start();
    if (stable_) stable_->start();
  }

  Reading sample(const Looks& looks) override {
    Reading reading;
    const PrometheusLook* prometheus = looks.prometheus();
    if (!prometheus) {
      reading.trouble = "the environment has no Prometheus";
      return reading;
    }
    const Side::Answer canary = canary_.ask(*prometheus, indicator_.max_age);
    reading.canary = canary.value;
    reading.samples = canary_.samples();
    reading.trouble = canary.trouble.empty() ? canary.no_value : canary.trouble;
    if (!stable_ || !canary.trouble.empty()) return reading;
    // The old version may rightly have no numbers any more, at 100 %; that is no trouble, only
    // nothing to compare with.
    const Side::Answer stable = stable_->ask(*prometheus, indicator_.max_age);
    reading.stable = stable.value;
    reading.stable_samples = stable_->samples();
    if (reading.trouble.empty()) reading.trouble = stable.trouble;
    return reading;
  }

 private:
  std::string filled_in(const GateSubject& subject, const std::string& workload,
                        const std::string& service) const {
    const std::string label =
        service.empty() ? "" : traefik_service_label(subject.name_space, service, subject.port);
    std::string query = replace_all(indicator_.query, "${workload}", workload);
    query = replace_all(query, "${service}", label + "@kubernetescrd");
    return replace_all(query, "${namespace}", subject.name_space);
  }

  IndicatorConfig indicator_;
  Side canary_;
  std::optional<Side> stable_;
};

std::unique_ptr<Sampler> make(const IndicatorConfig& indicator, const GateSubject& subject) {
  return std::make_unique<PrometheusSampler>(indicator, subject);
}

}  // namespace

extern const IndicatorKind prometheus_indicator{
    "prometheus", "one number from a PromQL expression, for the new and the old version",
    "checkout_time:\n"
    "  prometheus: >-\n"
    "    histogram_quantile(0.95, sum by (le)\n"
    "    (rate(shop_checkout_seconds_bucket{app=\"${workload}\"}[15s])))\n"
    "  unit: seconds\n"
    "  limit: 1s\n"
    "  minSamples: 3\n",
    make};

}  // namespace ostler
