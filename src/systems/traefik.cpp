// Traefik: its route as an object of the API server, and what every proxy itself says that it has
// loaded and counted.
#include "systems/traefik_loaded.hpp"
#include "systems/traefik_route.hpp"

#include "ostler/base/side_by_side.hpp"
#include "ostler/base/text.hpp"

namespace ostler {
namespace {

constexpr int page_size = 1000;
constexpr int max_pages = 50;

class TraefikClient final : public Traefik {
 public:
  TraefikClient(TraefikSettings settings, Kubernetes& kubernetes, HttpClient& http)
      : settings_(std::move(settings)), kubernetes_(kubernetes), http_(http) {}

  Result<WeightedRoute> route(const std::string& name_space,
                              const std::string& name) const override {
    const ObjectRef ref = traefik_service_ref(name_space, name);
    OSTLER_TRY(const std::optional<Json> object, kubernetes_.get(ref));
    if (!object)
      return Failure{FailureKind::permanent,
                     fmt::format("{} at {} is not there", ref.text(), kubernetes_.server()),
                     "Correct the route in the environment file, or create it.", "404"};
    return read_weighted_route(*object);
  }

  Result<WeightedRoute> set_children(const std::string& name_space, const std::string& name,
                                     const WeightedRoute& expected,
                                     const std::vector<WeightedChild>& children,
                                     const Breadcrumb& breadcrumb) override {
    OSTLER_TRY(const Json written,
               kubernetes_.merge_patch(traefik_service_ref(name_space, name),
                                       children_patch(expected, children, breadcrumb)));
    return read_weighted_route(written);
  }

  Result<std::vector<Proxy>> proxies() const override {
    OSTLER_TRY(const std::vector<Json> pods,
               kubernetes_.list({"v1", "Pod", settings_.name_space, ""}, {settings_.selector, ""}));
    std::vector<Proxy> result;
    for (const Json& pod : pods) {
      const bool leaving = !value_at(pod, "/metadata/deletionTimestamp").is_null();
      Proxy proxy{sanitize(text_at(pod, "/metadata/name")),
                  sanitize(text_at(pod, "/status/podIP"))};
      if (text_at(pod, "/status/phase") == "Running" && !leaving && !proxy.address.empty())
        result.push_back(std::move(proxy));
    }
    if (result.empty())
      return Failure{FailureKind::transient,
                     fmt::format("no Traefik Pod with the labels {} runs in the namespace {}",
                                 settings_.selector, settings_.name_space),
                     "Correct traefik.namespace and traefik.selector in the environment file.", ""};
    std::sort(result.begin(), result.end(),
              [](const Proxy& left, const Proxy& right) { return left.name < right.name; });
    return result;
  }

  std::vector<Result<LoadedRoute>> loaded(const std::vector<Proxy>& proxies,
                                          const std::string& name_space,
                                          const std::string& name) const override {
    std::vector<Result<Json>> services(proxies.size(), Json::array());
    std::vector<std::size_t> waiting(proxies.size());
    for (std::size_t at = 0; at < waiting.size(); ++at) waiting[at] = at;
    for (int page = 1; !waiting.empty() && page <= max_pages; ++page)
      waiting = read_page(proxies, services, waiting, name_space, page);
    std::vector<Result<LoadedRoute>> result;
    for (Result<Json>& list : services) {
      if (list.ok())
        result.emplace_back(read_loaded_route(*list, name_space, name));
      else
        result.emplace_back(std::move(list.failure()));
    }
    return result;
  }

  std::vector<Result<ProxyCounters>> counters(const std::vector<Proxy>& proxies) const override {
    std::vector<Result<HttpResponse>> answers = ask_all(proxies, "/metrics");
    std::vector<Result<ProxyCounters>> result;
    for (std::size_t at = 0; at < proxies.size(); ++at) {
      if (!answers[at].ok()) {
        result.emplace_back(std::move(answers[at].failure()));
        continue;
      }
      ProxyCounters counters = parse_traefik_metrics(answers[at]->body);
      counters.proxy = proxies[at].name;
      // Without it a restart, and with it a reset of every counter, could not be seen.
      if (counters.started <= 0)
        result.emplace_back(
            Failure{FailureKind::permanent,
                    about(proxies[at]) + ": its metrics tell no process_start_time_seconds",
                    "Enable Traefik's metrics: --metrics.prometheus=true.", ""});
      else
        result.emplace_back(std::move(counters));
    }
    return result;
  }

 private:
  std::string about(const Proxy& proxy) const {
    return fmt::format("Traefik {} ({}:{})", proxy.name, proxy.address, settings_.api_port);
  }

  /// Reads one page from each of `waiting` into `services`; returns those that have more.
  std::vector<std::size_t> read_page(const std::vector<Proxy>& proxies,
                                     std::vector<Result<Json>>& services,
                                     const std::vector<std::size_t>& waiting,
                                     const std::string& name_space, int page) const {
    std::vector<Proxy> asked;
    for (const std::size_t at : waiting) asked.push_back(proxies[at]);
    const std::string path =
        fmt::format("/api/http/services?search={}&per_page={}&page={}",
                    url_encoded(traefik_service_label(name_space, "", 0) + "-"), page_size, page);
    std::vector<Result<HttpResponse>> answers = ask_all(asked, path);
    std::vector<std::size_t> more;
    for (std::size_t index = 0; index < waiting.size(); ++index) {
      Result<Json>& list = services[waiting[index]];
      if (!answers[index].ok()) {
        list = std::move(answers[index].failure());
        continue;
      }
      Result<Json> parsed = parse_json(answers[index]->body, about(asked[index]));
      if (!parsed.ok() || !parsed->is_array()) {
        list = parsed.ok()
                   ? Failure{FailureKind::permanent,
                             about(asked[index]) + ": the answer is no list of services", "", ""}
                   : std::move(parsed.failure());
        continue;
      }
      for (Json& service : *parsed) list->push_back(std::move(service));
      // On the last page Traefik points back to the first one.
      const std::string_view next = answers[index]->header("x-next-page");
      if (!next.empty() && next != "1") more.push_back(waiting[index]);
    }
    return more;
  }

  /// The same question to every proxy at once. An answer is a success of that proxy.
  std::vector<Result<HttpResponse>> ask_all(const std::vector<Proxy>& proxies,
                                            const std::string& path) const {
    std::vector<Result<HttpResponse>> answers = settings_.reach == TraefikSettings::Reach::direct
                                                    ? ask_directly(proxies, path)
                                                    : ask_through_server(proxies, path);
    for (std::size_t at = 0; at < proxies.size(); ++at) {
      if (!answers[at].ok()) {
        Failure failure = std::move(answers[at].failure());
        if (failure.kind == FailureKind::unknown) failure.kind = FailureKind::transient;
        answers[at] = with_context(std::move(failure), "Traefik " + proxies[at].name);
      } else if (const int status = answers[at]->status; status != 200) {
        answers[at] = Failure{
            status >= 500 || status == 429 ? FailureKind::transient : FailureKind::permanent,
            fmt::format("{}: GET {} was answered with {}", about(proxies[at]),
                        path.substr(0, path.find('?')), status),
            status == 404 ? "Enable Traefik's API on that port: --api=true, --api.insecure=true."
                          : "",
            std::to_string(status)};
      }
    }
    return answers;
  }

  std::vector<Result<HttpResponse>> ask_directly(const std::vector<Proxy>& proxies,
                                                 const std::string& path) const {
    std::vector<HttpRequest> requests;
    for (const Proxy& proxy : proxies) {
      const bool v6 = proxy.address.find(':') != std::string::npos;
      HttpRequest request;
      request.url = fmt::format("http://{}:{}{}", v6 ? "[" + proxy.address + "]" : proxy.address,
                                settings_.api_port, path);
      request.connect_timeout = Milliseconds{2000};
      request.timeout = Milliseconds{5000};
      requests.push_back(std::move(request));
    }
    return http_.send_all(requests);
  }

  std::vector<Result<HttpResponse>> ask_through_server(const std::vector<Proxy>& proxies,
                                                       const std::string& path) const {
    std::vector<std::optional<Result<HttpResponse>>> answers(proxies.size());
    side_by_side(proxies.size(), proxies.size(), [&](std::size_t at) {
      answers[at].emplace(kubernetes_.raw_get(
          fmt::format("/api/v1/namespaces/{}/pods/{}:{}/proxy{}", url_encoded(settings_.name_space),
                      url_encoded(proxies[at].name), settings_.api_port, path)));
    });
    std::vector<Result<HttpResponse>> result;
    for (auto& answer : answers) result.push_back(std::move(*answer));
    return result;
  }

  const TraefikSettings settings_;
  Kubernetes& kubernetes_;
  HttpClient& http_;
};

}  // namespace

std::unique_ptr<Traefik> make_traefik(const TraefikSettings& settings, Kubernetes& kubernetes,
                                      HttpClient& http) {
  return std::make_unique<TraefikClient>(settings, kubernetes, http);
}

}  // namespace ostler
