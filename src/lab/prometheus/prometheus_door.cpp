// A Prometheus, as HTTP meets it.
#include "ostler/lab/prometheus_door.hpp"

#include "lab/prometheus/prometheus_answers.hpp"
#include "lab/prometheus/prometheus_storage.hpp"
#include "lab/prometheus/promql.hpp"
#include "lab/registry/times.hpp"

#include "ostler/base/text.hpp"

namespace ostler::lab {
namespace {

constexpr std::int64_t longest_series = 11'000;
constexpr std::uint64_t passes_before_cleaning = 64;

Served bad_data(const std::string& words) {
  return prometheus_error(400, "bad_data", words);
}

Served bad_parameter(std::string_view name, std::string_view why) {
  return bad_data(fmt::format("invalid parameter \"{}\": {}", name, why));
}

/// Parameters come in the query of the URL, and of a POST in its body as well.
lab::Target parameters_of(const HttpRequest& request) {
  lab::Target target = target_of(request.url);
  const std::string type = header_of(request, "content-type");
  if (request.method == "POST" && starts_with(type, "application/x-www-form-urlencoded")) {
    lab::Target form = target_of("/?" + request.body);
    form.query.insert(form.query.end(), target.query.begin(), target.query.end());
    target.query = std::move(form.query);
  }
  return target;
}

}  // namespace

struct PrometheusDoor::Impl {
  World& world;
  PrometheusDoorSettings settings;
  PrometheusStorage storage;
  std::map<PrometheusDoor::Target, PrometheusScraper> targets;
  std::vector<PrometheusScraper> leaving;
  PrometheusDoor::Target added = 0;
  World::Ticket next_scrape = 0;
  std::uint64_t passes = 0;
  bool scraping = true, failing = false;
  std::string warning;

  Impl(World& in, PrometheusDoorSettings with)
      : world(in),
        settings(with),
        storage(std::chrono::duration_cast<Milliseconds>(with.retention).count()) {}
  ~Impl() { world.cancel(next_scrape); }

  std::int64_t now() const { return world.wall().time_since_epoch().count(); }
  void plan();
  void pass();

  Served route(const HttpRequest& request) const;
  Served query(const lab::Target& target) const;
  Served query_range(const lab::Target& target) const;
  Served range_values(const PromNode& node, std::int64_t start, std::int64_t end,
                      std::int64_t step) const;
  Served series(const lab::Target& target) const;
  Served label_names(const std::string& label) const;
  Json target_list() const;
  PromNotes notes() const;
};

void PrometheusDoor::Impl::plan() {
  if (next_scrape != 0 || !scraping || settings.interval.count() <= 0) return;
  if (targets.empty() && leaving.empty()) return;
  next_scrape = world.after(settings.interval, [this] {
    next_scrape = 0;
    pass();
    plan();
  });
}

void PrometheusDoor::Impl::pass() {
  for (PrometheusScraper& gone : leaving) gone.end(storage, now());
  leaving.clear();
  for (auto& [number, target] : targets) target.scrape(storage, now());
  if (++passes % passes_before_cleaning == 0) storage.forget(now());
}

PromNotes PrometheusDoor::Impl::notes() const {
  PromNotes made;
  if (!warning.empty()) made.warnings.insert(warning);
  return made;
}

Served PrometheusDoor::Impl::query(const lab::Target& target) const {
  std::int64_t time = now();
  if (const std::string given = target.value("time"); !given.empty()) {
    const auto read = prometheus_time(given);
    if (!read)
      return bad_parameter("time", fmt::format("invalid time value for 'time': cannot parse \"{}\" "
                                               "to a valid timestamp",
                                               given));
    time = *read;
  }
  if (const std::string given = target.value("timeout");
      !given.empty() && !prometheus_length(given))
    return bad_parameter("timeout", fmt::format("cannot parse \"{}\" to a valid duration", given));
  auto node = parse_promql(target.value("query"));
  if (!node.ok()) return bad_parameter("query", node.failure().message);
  PromNotes found = notes();
  auto value = evaluate_promql(**node, storage, time, found);
  if (!value.ok()) return prometheus_error(422, "execution", value.failure().message);
  std::sort(value->series.begin(), value->series.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return prometheus_success(prometheus_data(*value, time), found);
}

Served PrometheusDoor::Impl::query_range(const lab::Target& target) const {
  std::int64_t bounds[2];
  for (std::size_t at = 0; at < 2; ++at) {
    const char* name = at == 0 ? "start" : "end";
    const auto read = prometheus_time(target.value(name));
    if (!read)
      return bad_parameter(
          name, fmt::format("cannot parse \"{}\" to a valid timestamp", target.value(name)));
    bounds[at] = *read;
  }
  if (bounds[1] < bounds[0])
    return bad_parameter("end", "end timestamp must not be before start time");
  const auto step = prometheus_length(target.value("step"));
  if (!step)
    return bad_parameter(
        "step", fmt::format("cannot parse \"{}\" to a valid duration", target.value("step")));
  if (*step <= 0)
    return bad_parameter("step",
                         "zero or negative query resolution step widths are not accepted. Try a "
                         "positive integer");
  if ((bounds[1] - bounds[0]) / *step > longest_series)
    return bad_data(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)");
  auto node = parse_promql(target.value("query"));
  if (!node.ok()) return bad_parameter("query", node.failure().message);
  if ((*node)->type != PromType::scalar && (*node)->type != PromType::vector)
    return bad_data(
        fmt::format("invalid expression type \"{}\" for range query, must be Scalar or "
                    "instant Vector",
                    to_string((*node)->type)));
  return range_values(**node, bounds[0], bounds[1], *step);
}

Served PrometheusDoor::Impl::range_values(const PromNode& node, std::int64_t start,
                                          std::int64_t end, std::int64_t step) const {
  std::map<PrometheusLabels, std::vector<PrometheusSample>> all;
  PromNotes found = notes();
  for (std::int64_t time = start; time <= end; time += step) {
    const auto value = evaluate_promql(node, storage, time, found);
    if (!value.ok()) return prometheus_error(422, "execution", value.failure().message);
    if (node.type == PromType::scalar) all[{}].push_back({time, value->scalar});
    for (const PromElement& element : value->elements)
      all[element.labels].push_back({time, element.value});
  }
  Json result = Json::array();
  for (const auto& [labels, samples] : all) result.push_back(prometheus_series(labels, samples));
  return prometheus_success({{"resultType", "matrix"}, {"result", std::move(result)}}, found);
}

Served PrometheusDoor::Impl::series(const lab::Target& target) const {
  if (!target.has("match[]")) return bad_data("no match[] parameter provided");
  Json result = Json::array();
  for (const auto& [name, value] : target.query) {
    if (name != "match[]") continue;
    const auto node = parse_promql(value);
    if (!node.ok() || (*node)->kind != PromNode::Kind::selector)
      return bad_parameter("match[]", node.ok() ? "no selector" : node.failure().message);
    for (const PrometheusSeries* one : storage.select((*node)->name))
      if (fits(**node, one->labels)) result.push_back(prometheus_labels(one->labels));
  }
  return prometheus_success(std::move(result));
}

/// The values of one label, or (an empty text) the names of all.
Served PrometheusDoor::Impl::label_names(const std::string& label) const {
  std::set<std::string> found;
  for (const PrometheusSeries* one : storage.select(""))
    for (const auto& [name, value] : one->labels)
      if (label.empty())
        found.insert(name);
      else if (name == label)
        found.insert(value);
  return prometheus_success(Json(found));
}

Json PrometheusDoor::Impl::target_list() const {
  Json active = Json::array();
  const auto interval = std::chrono::duration_cast<Milliseconds>(settings.interval).count();
  for (const auto& [number, target] : targets) {
    const std::string url = fmt::format("http://{}/metrics", label_of(target.labels(), "instance"));
    const bool known = target.scraped().has_value();
    active.push_back(
        {{"discoveredLabels", prometheus_labels(target.labels())},
         {"labels", prometheus_labels(target.labels())},
         {"scrapePool", label_of(target.labels(), "job")},
         {"scrapeUrl", url},
         {"globalUrl", url},
         {"lastError",
          known && !target.up() ? fmt::format("Get \"{}\": connect: connection refused", url) : ""},
         {"lastScrape",
          known ? iso_time(WallTime{Milliseconds{*target.scraped()}}) : "0001-01-01T00:00:00Z"},
         {"lastScrapeDuration", known ? 0.001 : 0.0},
         {"health", !known        ? "unknown"
                    : target.up() ? "up"
                                  : "down"},
         {"scrapeInterval", fmt::format("{}ms", interval)},
         {"scrapeTimeout", fmt::format("{}ms", interval * 9 / 10)}});
  }
  return {{"activeTargets", std::move(active)},
          {"droppedTargets", Json::array()},
          {"droppedTargetCounts", Json::object()}};
}

Served PrometheusDoor::Impl::route(const HttpRequest& request) const {
  if (failing) return answer_text(503, "Service Unavailable");
  const lab::Target target = parameters_of(request);
  const std::string& path = target.path;
  if (path == "/-/ready") return answer_text(200, "Prometheus Server is Ready.\n");
  if (path == "/-/healthy") return answer_text(200, "Prometheus Server is Healthy.\n");
  const std::vector<std::string> parts = target.parts();
  if (parts.size() < 3 || parts[0] != "api" || parts[1] != "v1")
    return answer_text(404, "404 page not found\n");
  if (request.method != "GET" && request.method != "POST")
    return answer_text(405, "Method Not Allowed\n");
  if (path == "/api/v1/query") return query(target);
  if (path == "/api/v1/query_range") return query_range(target);
  if (path == "/api/v1/series") return series(target);
  if (path == "/api/v1/labels") return label_names("");
  if (path == "/api/v1/targets") return prometheus_success(target_list());
  if (path == "/api/v1/alerts") return prometheus_success({{"alerts", Json::array()}});
  if (path == "/api/v1/status/buildinfo")
    return prometheus_success({{"version", "3.16.0"}, {"revision", "lab"}});
  if (parts.size() == 5 && parts[2] == "label" && parts[4] == "values")
    return label_names(parts[3]);
  return answer_text(404, "404 page not found\n");
}

PrometheusDoor::PrometheusDoor(World& world, PrometheusDoorSettings settings)
    : impl_(std::make_unique<Impl>(world, settings)) {}
PrometheusDoor::~PrometheusDoor() = default;

Served PrometheusDoor::answer(const HttpRequest& request) {
  Served served = impl_->route(request);
  if (request.method == "HEAD") served.response.body.clear();
  served.took = impl_->settings.latency;
  return served;
}

PrometheusDoor::Target PrometheusDoor::add_target(PrometheusLabels labels,
                                                  std::function<bool(const Visitor&)> scrape,
                                                  SampleLabels bring) {
  std::sort(labels.begin(), labels.end());
  impl_->targets.emplace(++impl_->added,
                         PrometheusScraper(std::move(labels), std::move(scrape), bring));
  impl_->plan();
  return impl_->added;
}

PrometheusDoor::Target PrometheusDoor::add_text_target(
    PrometheusLabels labels, std::function<std::optional<std::string>()> metrics) {
  return add_target(std::move(labels), [metrics = std::move(metrics)](const Visitor& visitor) {
    const std::optional<std::string> text = metrics();
    return text && read_exposition(*text, visitor);
  });
}

void PrometheusDoor::remove_target(Target target) {
  const auto found = impl_->targets.find(target);
  if (found == impl_->targets.end()) return;
  impl_->leaving.push_back(std::move(found->second));
  impl_->targets.erase(found);
}

void PrometheusDoor::scrape(bool scraping) {
  impl_->scraping = scraping;
  if (!scraping) {
    impl_->world.cancel(impl_->next_scrape);
    impl_->next_scrape = 0;
  }
  impl_->plan();
}

void PrometheusDoor::fail(bool failing) {
  impl_->failing = failing;
}
void PrometheusDoor::warn(std::string warning) {
  impl_->warning = std::move(warning);
}

}  // namespace ostler::lab
