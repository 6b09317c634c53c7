// What one Traefik says of itself: its API, its metrics, and that it lives.
#include "proxy_api.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace ostler::lab {
namespace {

constexpr std::int64_t default_page_size = 100;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

bool contains(const std::string& text, const std::string& lower_part) {
  return lower(text).find(lower_part) != std::string::npos;
}

/// A query's number of 1 or more; nothing when it is not one.
std::optional<std::int64_t> positive(const Target& target, const std::string& name,
                                     std::int64_t otherwise) {
  const std::string text = target.value(name);
  if (text.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number <= 0 || number > 1'000'000)
    return std::nullopt;
  return number;
}

Served api_error(int status, const std::string& message) {
  return answer_json(status, {{"message", message}});
}

Json section(const Json& shown) {
  Json result{{"total", shown.size()}, {"warnings", 0}, {"errors", 0}};
  for (const Json& one : shown) {
    const std::string status = text_at(one, "/status");
    if (status == "disabled") result["errors"] = number_at(result, "/errors") + 1;
    if (status == "warning") result["warnings"] = number_at(result, "/warnings") + 1;
  }
  return result;
}

}  // namespace

Served ProxyApi::answer(const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD")
    return answer_text(405, "", "text/plain; charset=utf-8");
  if (answered_load_ != process_.loads() || answers_.size() >= 64) {
    answers_.clear();
    answered_load_ = process_.loads();
  }
  if (const auto known = answers_.find(request.url); known != answers_.end()) return known->second;
  const std::string path = target_of(request.url).path;
  if (path == "/metrics")
    return answer_text(200, process_.metrics().text(),
                       "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  if (path == "/ping") return answer_text(200, "OK", "text/plain; charset=utf-8");
  return answers_[request.url] = look(request.url);
}

Served ProxyApi::look(const std::string& url) {
  const Target target = target_of(url);
  const std::vector<std::string> parts = target.parts();
  if (target.path == "/api/version")
    return answer_json(200, {{"Version", "3.6.12"},
                             {"Codename", "cheddar"},
                             {"startDate", format_utc(process_.started())}});
  if (target.path == "/api/overview") return answer_json(200, overview());
  if (parts.size() >= 3 && parts[0] == "api" && parts[1] == "http" &&
      (parts[2] == "services" || parts[2] == "routers")) {
    const bool services = parts[2] == "services";
    const Json all = services ? shown_services(process_.live()) : shown_routers(process_.live());
    if (parts.size() == 3) return list(target, all);
    if (parts.size() == 4) return one(services ? "service" : "router", parts[3], all);
  }
  return answer_text(404, "404 page not found\n", "text/plain; charset=utf-8");
}

Served ProxyApi::list(const Target& target, const Json& all) const {
  const std::string search = lower(target.value("search")), status = lower(target.value("status"));
  const std::string service = target.value("serviceName");
  Json found = Json::array();
  for (const Json& one : all) {
    const bool fits = contains(text_at(one, "/name"), search) ||
                      (!search.empty() && contains(text_at(one, "/rule"), search));
    if (!fits || (!status.empty() && text_at(one, "/status") != status)) continue;
    if (!service.empty() && text_at(one, "/service") != service &&
        text_at(one, "/service") != service.substr(0, service.find('@')))
      continue;
    found.push_back(one);
  }
  const auto size = positive(target, "per_page", default_page_size);
  const auto page = positive(target, "page", 1);
  if (!size || !page)
    return api_error(400, fmt::format("invalid request: {}: 0", size ? "page" : "per_page"));
  const auto count = static_cast<std::int64_t>(found.size());
  const std::int64_t start = (*page - 1) * *size;
  if (start != 0 && start >= count)
    return api_error(400, fmt::format("invalid request: page: {}, per_page: {}", *page, *size));
  Json shown = Json::array();
  for (std::int64_t at = start; at < std::min(start + *size, count); ++at)
    shown.push_back(std::move(found[static_cast<std::size_t>(at)]));
  Served served = answer_json(200, shown);
  // On the last page the next one is the first again.
  served.response.headers.emplace_back("x-next-page",
                                       std::to_string(*page * *size < count ? *page + 1 : 1));
  return served;
}

Served ProxyApi::one(const std::string& kind, const std::string& name, const Json& all) const {
  for (const Json& one : all)
    if (text_at(one, "/name") == name) return answer_json(200, one);
  return api_error(404, fmt::format("{} not found: {}", kind, name));
}

Json ProxyApi::overview() const {
  const Json none{{"total", 0}, {"warnings", 0}, {"errors", 0}};
  Json result = Json::object();
  result["http"] = {{"routers", section(shown_routers(process_.live()))},
                    {"services", section(shown_services(process_.live()))},
                    {"middlewares", none}};
  result["tcp"] = {{"routers", none}, {"services", none}, {"middlewares", none}};
  result["udp"] = {{"routers", none}, {"services", none}};
  result["features"] = {{"tracing", ""}, {"metrics", "Prometheus"}, {"accessLog", false}};
  result["providers"] = Json::array({"KubernetesCRD"});
  return result;
}

}  // namespace ostler::lab
