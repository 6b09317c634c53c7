// Orders of shoppers and tills, and the JSON-RPC answers that the shop gives.
#include "shop_server.hpp"

#include "ostler/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ostler::lab {
namespace {

bool is_uuid(const std::string& text) {
  return text.size() >= 32 && text.size() <= 36 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
}

/// FNV-1a.
std::uint64_t sum_of(const std::string& text) {
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  for (const unsigned char letter : text) sum = (sum ^ letter) * 0x100000001b3ULL;
  return sum;
}

/// The same for the same order, whoever acknowledges it.
std::int64_t row_id(const std::string& uuid) {
  constexpr std::uint64_t most = 0xffffff;
  return 1 + static_cast<std::int64_t>(sum_of(uuid) & most);
}

Served rpc_answer(const Json& call, Json member, const char* name) {
  return answer_text(
      200,
      to_bytes({{"jsonrpc", "2.0"},
                {"id", call.is_object() && call.contains("id") ? call["id"] : Json{}},
                {name, std::move(member)}}),
      "application/json; charset=utf-8");
}

Served rpc_error(const Json& call, const std::string& name, const std::string& message) {
  return rpc_answer(call,
                    {{"code", 200},
                     {"message", "Odoo Server Error"},
                     {"data",
                      {{"name", name},
                       {"message", message},
                       {"arguments", Json::array({message})},
                       {"context", Json::object()},
                       {"debug", "Traceback (most recent call last):\n" + name + ": " + message}}}},
                    "error");
}

Served bad_request(const char* why) {
  return answer_text(400, fmt::format("Bad Request: {}\n", why), "text/plain; charset=utf-8");
}

Served error_page(int status, const char* words) {
  return html(status,
              fmt::format("<!doctype html><title>{0} {1}</title><h1>{1}</h1>", status, words));
}

}  // namespace

bool unreachable(const Failure& failure) {
  return failure.code.empty() &&
         (failure.kind == FailureKind::transient || failure.kind == FailureKind::timeout ||
          failure.kind == FailureKind::unknown);
}

std::string exception_name(const Failure& failure) {
  static const std::map<std::string, const char*> names{
      {"23502", "odoo.exceptions.ValidationError"},
      {"23503", "psycopg2.errors.ForeignKeyViolation"},
      {"23505", "psycopg2.errors.UniqueViolation"},
      {"3D000", "psycopg2.errors.InvalidCatalogName"},
      {"40001", "psycopg2.errors.SerializationFailure"},
      {"40P01", "psycopg2.errors.DeadlockDetected"},
      {"42501", "psycopg2.errors.InsufficientPrivilege"},
      {"42703", "psycopg2.errors.UndefinedColumn"},
      {"42P01", "psycopg2.errors.UndefinedTable"},
      {"55P03", "psycopg2.errors.LockNotAvailable"},
      {"57014", "psycopg2.errors.QueryCanceled"},
      {"57P01", "psycopg2.errors.AdminShutdown"}};
  if (unreachable(failure)) return "psycopg2.OperationalError";
  if (failure.code.empty()) return "builtins.Exception";
  if (starts_with(failure.code, "odoo.")) return failure.code;
  const auto found = names.find(failure.code);
  return found == names.end() ? "psycopg2.DatabaseError" : found->second;
}

/// A breach of a constraint is the user's mistake, in Odoo's eyes.
Served ShopServer::database_error(const Failure& failure) const {
  static const std::set<std::string> constraints{"23502", "23503", "23505", "23514"};
  return constraints.contains(failure.code) ? error_page(400, "Bad Request")
                                            : error_page(500, "Internal Server Error");
}

Served ShopServer::checkout(const Question& question) {
  const Result<Json> order = parse_json(question.request.body, "the order");
  const std::string uuid = order.ok() ? text_at(*order, "/order") : "";
  if (!is_uuid(uuid)) return bad_request("an order needs a uuid");
  ++checkouts_;
  const bool fails =
      code_.always_fails || (code_.fail_one_in > 0 && checkouts_ % code_.fail_one_in == 0);
  Served served;
  if (fails) {
    served = error_page(500, "Internal Server Error");
  } else if (const Result<void> taken = databases_.take_order(question.tenant, code_, uuid);
             !taken.ok()) {
    served = database_error(taken.failure());
  } else {
    ordered_ =
        book_.cell("shop_orders_total",
                   {{"kind", "web"}, {"tenant", question.tenant}, {"version", code_.version}});
    served = answer_text(
        200, to_bytes({{"id", row_id(uuid)}, {"order", uuid}, {"version", code_.version}}),
        "application/json; charset=utf-8");
  }
  served.took += code_.checkout_delay;
  return served;
}

/// A till's call of pos.order/sync_from_ui: its errors are JSON-RPC errors, with HTTP status 200.
Served ShopServer::pos_sync(const Question& question) {
  const Result<Json> call = parse_json(question.request.body, "the call");
  if (!call.ok()) return bad_request("Invalid JSON data");
  const Json& orders = value_at(*call, "/params/orders");
  if (!orders.is_array() || orders.empty())
    return rpc_error(*call, "builtins.KeyError", "'pos.order'");
  if (code_.till_fails)
    return rpc_error(*call, "builtins.TypeError",
                     "sync_from_ui() missing 1 required positional argument: 'config_id'");
  Json taken = Json::array();
  for (const Json& order : orders) {
    const std::string uuid = text_at(order, "/uuid");
    if (!is_uuid(uuid)) return rpc_error(*call, "builtins.ValueError", "an order needs a uuid");
    const Result<void> result = databases_.take_pos_order(question.tenant, code_, uuid);
    if (!result.ok())
      return rpc_error(*call, exception_name(result.failure()), result.failure().message);
    taken.push_back(
        {{"id", row_id(uuid)}, {"uuid", uuid}, {"pos_reference", "Order " + uuid.substr(0, 13)}});
  }
  ordered_ = book_.cell("shop_orders_total",
                        {{"kind", "pos"}, {"tenant", question.tenant}, {"version", code_.version}});
  return rpc_answer(*call, {{"pos.order", std::move(taken)}, {"version", code_.version}}, "result");
}

Served ShopServer::version_info(const Question& question) {
  const Result<Json> call = parse_json(question.request.body, "the call");
  if (!call.ok()) return bad_request("Invalid JSON data");
  return rpc_answer(*call,
                    {{"server_version", "18.0"},
                     {"server_serie", "18.0"},
                     {"protocol_version", 1},
                     {"server_version_info", {18, 0, 0, "final", 0, ""}}},
                    "result");
}

}  // namespace ostler::lab
