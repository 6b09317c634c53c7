// The toy's steps: compare-and-swap, a migration in one fenced transaction, a record written once.
#include "sim/toy/steps.hpp"

#include "ostler/base/plant.hpp"

namespace ostler::sim {
namespace {

constexpr int conflicts_allowed = 5;

HttpClient& http_of(const Looks& looks) {
  return static_cast<const ToySystems&>(looks).http();
}

enum class Wrote { nothing, perhaps };

// As the real clients classify: what a gateway says tells nothing about the effect.
Result<HttpResponse> answered(Result<HttpResponse> answer, Wrote wrote) {
  if (!answer || answer->status < 400) return answer;
  const int status = answer->status;
  if (status >= 500)
    return Failure{wrote == Wrote::perhaps ? FailureKind::unknown : FailureKind::transient,
                   fmt::format("status {}", status), "", std::to_string(status)};
  return Failure{FailureKind::refused, fmt::format("status {}: {}", status, answer->body), "",
                 std::to_string(status)};
}

Result<HttpResponse> get(const Looks& looks, const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout = Milliseconds{5000};
  Result<HttpResponse> answer = http_of(looks).send(request);
  if (answer && answer->status == 404) return answer;
  return answered(std::move(answer), Wrote::nothing);
}

Result<HttpResponse> write(const Looks& looks, const std::string& method, const std::string& url,
                           const Json& body) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.body = to_bytes(body);
  request.timeout = Milliseconds{5000};
  return answered(http_of(looks).send(request), Wrote::perhaps);
}

Failure diverged(const std::string& target, const std::string& found) {
  return {FailureKind::refused, target + " is " + found, "", "diverged"};
}

class ToySet final : public Step {
 public:
  ToySet(std::string target, std::string value, std::string was)
      : target_(std::move(target)), value_(std::move(value)), was_(std::move(was)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const Json now, look(looks));
    const std::string value = text_at(now, "/value");
    Observation seen{TargetState::before, Json(value), value, {}};
    if (value == value_)
      seen.state = TargetState::applied;
    else if (before != nullptr && value != before->get<std::string>())
      seen.state = TargetState::diverged;
    return seen;
  }

  Result<void> apply(Systems& systems, const Json& before, const Guard& guard,
                     Attempt&) const override {
    return change(systems.looks(), value_, guard, Standing::leave,
                  [&](const std::string& now) { return now == before.get<std::string>(); });
  }

  Result<void> revert(Systems& systems, const Json& before, const Guard& guard,
                      Attempt&) const override {
    const std::string stood = planted("undo_to_plan") ? was_ : before.get<std::string>();
    // Touching what stands as it should makes a late copy of our own write fail.
    const Standing standing = planted("no_touch") ? Standing::leave : Standing::touch;
    return change(systems.looks(), stood, guard, standing,
                  [](const std::string& now) { return now == "half" || now == "new"; });
  }

 private:
  enum class Standing { leave, touch };

  std::string url() const { return "http://cluster.test/values/" + target_; }

  Result<Json> look(const Looks& looks) const {
    OSTLER_TRY(const HttpResponse answer, get(looks, url()));
    return parse_json(answer.body, "value");
  }

  template <typename Ours>
  Result<void> change(const Looks& looks, const std::string& wanted, const Guard& guard,
                      Standing standing, const Ours& ours) const {
    for (int conflicts = 0; conflicts < conflicts_allowed; ++conflicts) {
      OSTLER_TRY(const Json now, look(looks));
      const std::string value = text_at(now, "/value");
      if (value == wanted && standing == Standing::leave) return {};
      if (value != wanted && !ours(value)) return diverged(target_, value);
      const auto done = write(looks, "PUT", url(),
                              {{"value", wanted},
                               {"version", number_at(now, "/version")},
                               {"epoch", guard.epoch},
                               {"opno", guard.opno}});
      if (done) return {};
      if (done.failure().code != "409") return done.failure();
      if (planted("own_conflict_foreign")) return diverged(target_, "changed by someone");
    }
    return diverged(target_, "changed all the time");
  }

  std::string target_, value_, was_;
};

class ToyMigrate final : public Step {
 public:
  Result<Observation> observe(const Looks& looks, const Json*) const override {
    OSTLER_TRY(const HttpResponse answer, get(looks, "http://database.test/migration/now"));
    OSTLER_TRY(const Json now, parse_json(answer.body, "migration"));
    const bool applied = flag_at(now, "/applied");
    return Observation{applied ? TargetState::applied : TargetState::before,
                       Json(applied),
                       applied ? "applied" : "absent",
                       {}};
  }
  Result<void> apply(Systems& systems, const Json&, const Guard& guard, Attempt&) const override {
    return run(systems.looks(), "up", guard);
  }
  Result<void> revert(Systems& systems, const Json&, const Guard& guard, Attempt&) const override {
    return run(systems.looks(), "down", guard);
  }

 private:
  static Result<void> run(const Looks& looks, const std::string& way, const Guard& guard) {
    Json body{{"run", guard.run}, {"epoch", guard.epoch}, {"opno", guard.opno}};
    if (planted("blind_resume")) body["blind"] = true;
    const auto done = write(looks, "POST", "http://database.test/migration/" + way, body);
    if (!done) return done.failure();
    return {};
  }
};

class ToyRecord final : public Step {
 public:
  Result<Observation> observe(const Looks& looks, const Json*) const override {
    OSTLER_TRY(const HttpResponse answer, get(looks, url));
    const bool there = answer.status == 200;
    return Observation{there ? TargetState::applied : TargetState::before,
                       Json(there),
                       there ? "written" : "absent",
                       {}};
  }
  Result<void> apply(Systems& systems, const Json&, const Guard& guard, Attempt&) const override {
    const auto done = write(systems.looks(), "PUT", url,
                            {{"key", guard.run}, {"epoch", guard.epoch}, {"opno", guard.opno}});
    if (done) return {};
    if (done.failure().code != "412" || planted("own_conflict_foreign")) return done.failure();
    // It may be our own, stored by an attempt whose answer was lost.
    OSTLER_TRY(const HttpResponse answer, get(systems.looks(), url));
    OSTLER_TRY(const Json record, parse_json(answer.body, "record"));
    if (text_at(record, "/key") == guard.run) return {};
    return diverged("record", "there");
  }
  Result<void> revert(Systems&, const Json&, const Guard&, Attempt&) const override { return {}; }

 private:
  static constexpr const char* url = "http://store.test/records/release";
};

}  // namespace

std::unique_ptr<Step> make_toy_step(const Node& node) {
  if (node.kind == "toy.migrate") return std::make_unique<ToyMigrate>();
  if (node.kind == "toy.record") return std::make_unique<ToyRecord>();
  return std::make_unique<ToySet>(node.target, text_at(node.parameters, "/value"),
                                  text_at(node.parameters, "/was"));
}

}  // namespace ostler::sim
