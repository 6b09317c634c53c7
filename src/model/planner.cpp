// Compiles a release into the ordered steps of a plan. Pure: what it decides on is in its
// arguments.
#include "model/admission.hpp"
#include "model/cell_work.hpp"

#include "ostler/base/text.hpp"
#include "ostler/model/addons.hpp"

namespace ostler {

namespace {

/// How long a step usually takes and how long its undo does, without the platform's own numbers:
/// seconds seen with small databases and images on the test stack, rounded up. They only inform.
struct Estimate {
  Milliseconds forward{0}, back{0};
};
constexpr Estimate one_write{Milliseconds{1000}, Milliseconds{1000}};
constexpr Estimate copying{Milliseconds{30000}, Milliseconds{0}};  // the copy stays, so no undo
constexpr Estimate fencing{Milliseconds{20000},
                           Milliseconds{20000}};  // running jobs end; Pods start again
constexpr Estimate expanding{Milliseconds{2000}, Milliseconds{2000}};  // catalog changes only
constexpr Estimate updating{Milliseconds{60000},
                            Milliseconds{1000}};  // an -u of two modules; kept on undo
constexpr Estimate starting{Milliseconds{20000},
                            Milliseconds{10000}};  // a Pod pulls, starts and is ready
constexpr Estimate scaling{Milliseconds{15000}, Milliseconds{0}};  // undone with canary.start
constexpr Estimate weighing{Milliseconds{8000},
                            Milliseconds{4000}};  // throttle 2 s, then enough requests
constexpr Estimate stopping{Milliseconds{10000},
                            Milliseconds{20000}};   // graceful exit; Pods start again
constexpr Milliseconds rolling_per_replica{15000};  // start, minReadySeconds, graceful exit
constexpr std::int64_t update_deadline_s = 1800;
constexpr std::int64_t requests_for_share = 200;

std::string host_of(const RegistryConfig& registry) {
  std::string host = registry.url;
  if (const auto scheme = host.find("://"); scheme != std::string::npos)
    host = host.substr(scheme + 3);
  return split(host, '/').front();
}

std::string short_digest(const std::string& digest) {
  const auto colon = digest.find(':');
  return colon == std::string::npos ? digest : digest.substr(colon + 1, 12);
}

std::string version_text(const ImageContents& image) {
  return image.version.empty() ? short_digest(image.digest) : image.version;
}

IndicatorPolicy policy_of(const IndicatorConfig& indicator) {
  IndicatorPolicy policy;
  policy.name = indicator.name;
  policy.indicator = to_json(indicator);
  policy.limit = indicator.limit;
  policy.worse_by = indicator.worse_by;
  policy.comparison = indicator.unit == IndicatorConfig::Unit::ratio
                          ? IndicatorPolicy::Comparison::points
                          : IndicatorPolicy::Comparison::relative;
  policy.min_samples = indicator.min_samples;
  policy.unit = indicator.unit;
  return policy;
}

class Planner {
 public:
  Planner(const Environment& environment, const Release& release, const Survey& survey,
          const ImageName& from, const ImageName& to, Scope scope, Plan& plan)
      : scope_(scope),
        environment_(environment),
        release_(release),
        survey_(survey),
        from_(from),
        to_(to),
        plan_(plan) {
    const RegistryConfig* registry = environment.registry(to.registry);
    image_ = fmt::format("{}/{}@{}", registry ? host_of(*registry) : to.registry, to.repository,
                         survey.image_digest);
  }

  Result<void> build() {
    OSTLER_TRY(std::vector<CellWork> works, cell_works(environment_, release_, survey_));
    if (works.empty())
      return Failure{FailureKind::refused,
                     fmt::format("nothing to release: every workload runs {} already and every "
                                 "tenant is migrated",
                                 short_digest(survey_.image_digest)),
                     "", "nothing"};
    if (scope_ == Scope::whole || scope_ == Scope::promote) promote();
    if (scope_ == Scope::promote) return {};
    if (scope_ == Scope::shift) OSTLER_CHECK(require_migrated(works));
    for (CellWork& work : works) {
      if (scope_ == Scope::migrate) work.shift = work.workers = false;
      add_cell(work);
    }
    if (plan_.nodes.empty())
      return Failure{FailureKind::refused, "nothing to do in this phase", "", "nothing"};
    if (scope_ != Scope::migrate && !environment_.records_bucket.empty()) publish();
    return {};
  }

 private:
  /// Adds a step behind everything added before it, except where a tenant's steps run beside
  /// another's.
  std::string add(std::string kind, std::string title, std::string undo, std::string target,
                  Json parameters, Estimate estimate) {
    Node node;
    node.id = fmt::format("S{}", plan_.nodes.size() + 1);
    node.kind = std::move(kind);
    node.title = std::move(title);
    node.undo = std::move(undo);
    node.phase = phase_;
    node.cell = cell_;
    node.target = std::move(target);
    node.after = last_;
    node.parameters = std::move(parameters);
    node.usually = estimate.forward;
    node.undo_usually = estimate.back;
    plan_.nodes.push_back(std::move(node));
    last_ = {plan_.nodes.back().id};
    return plan_.nodes.back().id;
  }

  void promote() {
    phase_ = "promote";
    const std::string repository = to_.registry + "/" + to_.repository;
    add("image.copy",
        fmt::format("copy image {} to {}", short_digest(survey_.image_digest), repository),
        "the copy stays (harmless)", fmt::format("image {}@{}", repository, survey_.image_digest),
        Json{{"from_registry", from_.registry},
             {"from_repository", from_.repository},
             {"to_registry", to_.registry},
             {"to_repository", to_.repository},
             {"digest", survey_.image_digest}},
        copying);
    add("image.tag", fmt::format("tag it {}:{}", repository, release_.name),
        "the tag stays (nothing runs by it)", fmt::format("tag {}:{}", repository, release_.name),
        Json{{"registry", to_.registry},
             {"repository", to_.repository},
             {"tag", release_.name},
             {"digest", survey_.image_digest}},
        one_write);
  }

  void add_cell(const CellWork& work) {
    cell_ = work.config->name;
    const bool hold = work.shift && !work.config->autoscaler.empty();
    phase_ = "prepare";
    if (hold) autoscaler(work, "autoscaler.hold", "hold the autoscaler");
    if (work.migrate) {
      fence(work);
      phase_ = "migrate";
      migrate(work);
    }
    phase_ = "shift";
    if (work.shift) shift(work);
    phase_ = "finish";
    if (work.workers || work.migrate) release_workers(work);
    if (hold) autoscaler(work, "autoscaler.release", "release the autoscaler");
    cell_.clear();
  }

  void autoscaler(const CellWork& work, const char* kind, const char* title) {
    add(kind, fmt::format("{} {}", title, work.config->autoscaler), "its own limits again",
        autoscaler_ref(work.config->name_space, work.config->autoscaler).text(),
        Json{{"namespace", work.config->name_space}, {"name", work.config->autoscaler}}, one_write);
  }

  static std::vector<std::string> worker_names(const CellWork& work) {
    std::vector<std::string> names;
    for (const WorkerState& worker : work.state->workers) names.push_back(worker.name);
    return names;
  }

  static std::vector<std::string> tenant_names(const CellWork& work) {
    std::vector<std::string> names;
    for (const TenantState& tenant : work.state->tenants) names.push_back(tenant.database);
    return names;
  }

  void fence(const CellWork& work) {
    const std::vector<std::string> workers = worker_names(work);
    if (workers.empty()) return;
    add("workers.fence", "fence " + join(workers, " and "), "as many Pods as before",
        "workers " + work.config->name_space,
        Json{{"namespace", work.config->name_space},
             {"workloads", workers},
             {"server", work.config->tenants.server},
             {"tenants", tenant_names(work)}},
        fencing);
  }

  void release_workers(const CellWork& work) {
    const bool stay = scope_ == Scope::migrate;  // the old version goes on until the traffic moves
    std::map<std::string, std::vector<std::string>> by_image;
    for (const WorkerState& worker : work.state->workers)
      by_image[stay ? worker.image : image_].push_back(worker.name);
    for (const auto& [image, workers] : by_image)
      add("workers.release",
          fmt::format("{} on {}", join(workers, " and "),
                      stay ? plan_.version_before : plan_.version_after),
          fmt::format("{} and as many Pods as before", plan_.version_before),
          "workers " + work.config->name_space,
          Json{{"namespace", work.config->name_space}, {"workloads", workers}, {"image", image}},
          fencing);
  }

  /// The first tenant alone, since it proves the update; the others beside each other behind it.
  void migrate(const CellWork& work) {
    std::vector<std::string> ends;
    bool first = true;
    for (const TenantState& tenant : work.state->tenants) {
      const std::vector<std::string> before = last_;
      expand(work, tenant);
      update(work, tenant);
      if (last_ == before) continue;
      if (!first) {
        ends.insert(ends.end(), last_.begin(), last_.end());
        last_ = before;
      }
      first = false;
    }
    if (!ends.empty()) last_ = ends;
  }

  void expand(const CellWork& work, const TenantState& tenant) {
    const auto missing = missing_migrations(release_, tenant);
    if (missing.empty()) return;
    Json files = Json::array();
    std::vector<std::string> names;
    bool all_undoable = true;
    for (const MigrationFile* file : missing) {
      files.push_back(Json{{"version", file->version},
                           {"name", file->name},
                           {"text", file->text},
                           {"checksum", file->checksum},
                           {"undo_text", file->undo_text}});
      names.push_back(file->name);
      all_undoable = all_undoable && !file->undo_text.empty();
    }
    add("sql.expand", fmt::format("migrate {}: {}", tenant.database, join(names, ", ")),
        all_undoable ? "run the .down.sql"
                     : "what has no .down.sql stays (the old version ignores it)",
        fmt::format("schema {}/{}", work.config->tenants.server, tenant.database),
        Json{{"server", work.config->tenants.server},
             {"database", tenant.database},
             {"files", files}},
        expanding);
  }

  void update(const CellWork& work, const TenantState& tenant) {
    const std::vector<std::string> modules = modules_to_update(release_, survey_, tenant);
    if (modules.empty()) return;
    Json expected = Json::object();
    for (const std::string& module : with_dependents(survey_.after, modules))
      if (const Addon* addon = find_addon(survey_.after, module);
          addon && !installed_version(tenant, module).empty())
        expected[module] = addon->version;
    add("odoo.update", fmt::format("update {}: {}", tenant.database, join(modules, ", ")),
        "stays updated (the old one can stand it)",
        fmt::format("database {}/{}", work.config->tenants.server, tenant.database),
        Json{{"namespace", work.config->name_space},
             {"web_workload", work.config->workloads.web},
             {"image", image_},
             {"server", work.config->tenants.server},
             {"database", tenant.database},
             {"modules", modules},
             {"expected", expected},
             {"deadline_s", update_deadline_s}},
        updating);
  }

  void shift(const CellWork& work) {
    const std::string& name_space = work.config->name_space;
    const std::string& web = work.config->workloads.web;
    const std::string canary = web + "-canary";
    const std::string service = work.state->stable_service + "-canary";
    const std::string target = deployment_ref(name_space, canary).text();
    const auto replicas_for = [&](int weight) {
      return std::max<std::int64_t>(1, (work.state->web_replicas * weight + 99) / 100);
    };
    std::int64_t replicas = replicas_for(release_.traffic.weights.front());
    add("canary.start",
        fmt::format("start {} with {}", canary, counted(static_cast<std::size_t>(replicas), "Pod")),
        "canary and its Service removed", target,
        Json{{"namespace", name_space},
             {"web_workload", web},
             {"workload", canary},
             {"stable_service", work.state->stable_service},
             {"service", service},
             {"port", work.state->port},
             {"image", image_},
             {"replicas", replicas}},
        starting);
    for (const int weight : release_.traffic.weights) {
      if (const std::int64_t wanted = replicas_for(weight); wanted != replicas) {
        replicas = wanted;
        add("canary.scale",
            fmt::format("scale {} to {}", canary,
                        counted(static_cast<std::size_t>(replicas), "Pod")),
            "removed with the canary", target,
            Json{{"namespace", name_space}, {"workload", canary}, {"replicas", replicas}}, scaling);
      }
      weigh(work, weight, service);
    }
    add("workload.roll", fmt::format("roll {} to {}", web, plan_.version_after),
        "back to " + plan_.version_before, deployment_ref(name_space, web).text(),
        Json{{"namespace", name_space}, {"workload", web}, {"image", image_}},
        {rolling_per_replica * work.state->web_replicas,
         rolling_per_replica * work.state->web_replicas});
    weigh_back(work, service);
    add("canary.stop", "stop " + canary, "canary started again", target,
        Json{{"namespace", name_space}, {"workload", canary}, {"service", service}}, stopping);
  }

  Json child(const CellWork& work, const std::string& service, int weight) const {
    return Json{{"service", service}, {"port", work.state->port}, {"weight", weight}};
  }

  void add_weigh(const CellWork& work, std::string title, Json children, GateSubject subject) {
    const std::string& name_space = work.config->name_space;
    add("traffic.weigh", std::move(title), "all traffic on " + plan_.version_before,
        fmt::format("route {}/{}", name_space, work.config->route),
        Json{{"namespace", name_space},
             {"route", work.config->route},
             {"children", std::move(children)},
             {"min_share_requests", requests_for_share}},
        weighing);
    plan_.nodes.back().gate = gate_for(std::move(subject));
  }

  void weigh(const CellWork& work, int weight, const std::string& canary) {
    Json children = Json::array();
    // With weight 0 it gets nothing, and keeps the settings it has as a child of the route.
    children.push_back(child(work, work.state->stable_service, 100 - weight));
    children.push_back(child(work, canary, weight));
    add_weigh(work, fmt::format("{} % of the traffic to {}", weight, plan_.version_after),
              std::move(children), subject_of(work, weight, canary));
  }

  void weigh_back(const CellWork& work, const std::string& canary) {
    add_weigh(work, "traffic back to " + work.config->workloads.web,
              Json::array({child(work, work.state->stable_service, 100)}),
              stable_alone(subject_of(work, 100, canary)));
  }

  GateSubject subject_of(const CellWork& work, int weight, const std::string& canary) const {
    GateSubject subject;
    subject.cell = work.config->name;
    subject.name_space = work.config->name_space;
    subject.route = work.config->route;
    subject.stable_service = work.state->stable_service;
    subject.canary_service = canary;
    subject.stable_workload = work.config->workloads.web;
    subject.canary_workload = work.config->workloads.web + "-canary";
    subject.port = work.state->port;
    subject.weight = weight;
    subject.server = work.config->tenants.server;
    subject.tenants = tenant_names(work);
    return subject;
  }

  GatePolicy gate_for(GateSubject subject) const {
    GatePolicy gate;
    for (const std::string& name : release_.traffic.gates)
      if (const IndicatorConfig* indicator = environment_.indicator(name))
        gate.indicators.push_back(policy_of(*indicator));
    gate.hold = release_.traffic.hold;
    gate.budget = release_.traffic.budget.count() ? release_.traffic.budget : gate.hold;
    gate.interval = release_.traffic.interval;
    gate.subject = std::move(subject);
    return gate;
  }

  void publish() {
    phase_ = "finish";
    const std::string moment =
        replace_all(replace_all(format_utc(plan_.created), ":", ""), "-", "");
    const std::string key =
        fmt::format("releases/{}/{}/{}.json", environment_.name, release_.name, moment);
    Json cells = Json::object();
    for (const CellState& cell : survey_.cells) {
      Json tenants = Json::array();
      for (const TenantState& tenant : cell.tenants) tenants.push_back(tenant.database);
      cells[cell.name] = tenants;
    }
    add("record.publish", "publish the record", "the record stays",
        fmt::format("record {}/{}", environment_.records_bucket, key),
        Json{{"bucket", environment_.records_bucket},
             {"key", key},
             {"release", release_.name},
             {"plan_summary", Json{{"environment", environment_.name},
                                   {"image", image_},
                                   {"version_before", plan_.version_before},
                                   {"version_after", plan_.version_after},
                                   {"class", std::string(to_string(plan_.release_class))},
                                   {"class_reasons", plan_.class_reasons},
                                   {"release_digest", plan_.release_digest},
                                   {"environment_digest", plan_.environment_digest},
                                   {"steps", plan_.nodes.size() + 1},
                                   {"cells", cells}}}},
        one_write);
  }

  Scope scope_;
  const Environment& environment_;
  const Release& release_;
  const Survey& survey_;
  const ImageName& from_;
  const ImageName& to_;
  Plan& plan_;
  std::string image_, phase_, cell_;
  std::vector<std::string> last_;  ///< ids that the next step comes after
};

}  // namespace

Result<Plan> make_plan(const Environment& environment, const Release& release, const Survey& survey,
                       WallTime now, Milliseconds valid_for, Scope scope) {
  const Classification classification = classify(release, survey);
  OSTLER_CHECK(admit(environment, release, survey, classification));
  OSTLER_TRY(const ImageName from, parse_image_name(release.image_from));
  OSTLER_TRY(const ImageName to, parse_image_name(release.image_to));
  Plan plan;
  plan.tool = "ostler " OSTLER_VERSION;
  plan.environment = environment.name;
  plan.environment_path = environment.path;
  plan.environment_digest = environment.digest;
  plan.cluster_uid = survey.cluster_uid;
  plan.release = release.name;
  plan.release_path = release.path;
  plan.release_digest = release.digest;
  plan.image_digest = survey.image_digest;
  plan.image_from = fmt::format("{}/{}@{}", from.registry, from.repository, survey.image_digest);
  plan.image_to = fmt::format("{}/{}@{}", to.registry, to.repository, survey.image_digest);
  plan.version_before = version_text(survey.before);
  plan.version_after = version_text(survey.after);
  plan.release_class = classification.release_class;
  plan.class_reasons = classification.reasons;
  plan.facts = survey.facts;
  plan.on_failure = release.on_failure == OnFailure::rollback ? "rollback" : "hold";
  plan.created = now;
  plan.expires = now + valid_for;
  OSTLER_CHECK(Planner(environment, release, survey, from, to, scope, plan).build());
  plan.digest = plan_digest(plan);
  return plan;
}

}  // namespace ostler
