// How the toy's systems answer: as the real ones do where it matters, compare before they write.
#include "sim/toy/server.hpp"

#include "ostler/base/plant.hpp"

namespace ostler::sim {
namespace {

lab::Served no(int status, const std::string& reason) {
  return lab::answer_json(status, {{"reason", reason}});
}

std::uint64_t count_at(const Json& body, std::string_view pointer) {
  return static_cast<std::uint64_t>(number_at(body, pointer));
}

}  // namespace

lab::Served ToyServer::answer(const HttpRequest& request) {
  const lab::Target target = lab::target_of(request.url);
  const std::vector<std::string> parts = target.parts();
  if (parts.size() != 2) return no(404, "NotFound");
  if (request.method == "GET" && parts[0] == "values") return get_value(parts[1]);
  if (request.method == "GET" && parts[0] == "migration")
    return lab::answer_json(200, {{"applied", migrated_}});
  if (parts[0] == "records" && request.method == "GET") {
    const auto found = records_.find(parts[1]);
    return found == records_.end() ? no(404, "NotFound") : lab::answer_text(200, found->second);
  }
  if (parts[0] == "records") return put_record(parts[1], request);
  const Result<Json> body = parse_json(request.body, "request");
  if (!body) return no(400, "BadRequest");
  if (parts[0] == "values") return put_value(parts[1], *body);
  return migrate(parts[1], *body);
}

lab::Served ToyServer::get_value(const std::string& name) const {
  const Value& value = values.at(name);
  return lab::answer_json(
      200, {{"value", value.value}, {"version", value.version}, {"opno", value.opno}});
}

lab::Served ToyServer::put_value(const std::string& name, const Json& body) {
  Value& value = values.at(name);
  const std::string wanted = text_at(body, "/value");
  if (refused.contains(name + "=" + wanted)) return no(422, "denied by the admission webhook");
  if (count_at(body, "/version") != value.version && !planted("no_guard"))
    return no(409, "Conflict");
  value.value = wanted;
  ++value.version;
  value.epoch = count_at(body, "/epoch");
  value.opno = count_at(body, "/opno");
  if (on_effect) on_effect({Effect::Kind::set, name, value.epoch, value.opno, true, ""});
  return get_value(name);
}

// One transaction: fence, ledger and change.
lab::Served ToyServer::migrate(const std::string& way, const Json& body) {
  if (refused.contains("schema=" + way)) return no(422, "statement refused");
  std::pair<std::uint64_t, std::uint64_t> token{count_at(body, "/epoch"), count_at(body, "/opno")};
  if (is_of_an_older_run(text_at(body, "/run"))) return no(409, "fenced");
  if (planted("epoch_fence_only")) token.second = fence_.second;
  if (token < fence_ && !planted("no_fence")) return no(409, "fenced");
  fence_ = std::max(fence_, token);
  const bool up = way == "up";
  if (up == migrated_ && !flag_at(body, "/blind")) return lab::answer_json(200, {{"ledger", true}});
  migrated_ = up;
  if (on_effect)
    on_effect({up ? Effect::Kind::migrate_up : Effect::Kind::migrate_down, "schema", token.first,
               count_at(body, "/opno"), true, ""});
  return lab::answer_json(200, {{"applied", up}});
}

bool ToyServer::is_of_an_older_run(const std::string& run) {
  if (std::find(runs_.begin(), runs_.end(), run) == runs_.end()) {
    runs_.push_back(run);
    fence_ = {0, 0};
  }
  return runs_.back() != run;
}

lab::Served ToyServer::put_record(const std::string& name, const HttpRequest& request) {
  if (!records_.emplace(name, request.body).second) return no(412, "PreconditionFailed");
  const Result<Json> body = parse_json(request.body, "record");
  if (on_effect && body)
    on_effect(
        {Effect::Kind::set, name, count_at(*body, "/epoch"), count_at(*body, "/opno"), false, ""});
  return lab::answer_json(200, Json::object());
}

void ToyServer::foreign_write(const std::string& name) {
  Value& value = values.at(name);
  value = {"foreign", value.version + 1, 0, 0, true};
}

}  // namespace ostler::sim
