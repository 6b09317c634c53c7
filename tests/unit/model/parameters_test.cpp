#include "ostler/model/kind.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

std::string trouble(const Json& object) {
  Parameters parameters(object);
  parameters.text("name");
  parameters.text("note", "none");
  parameters.number("replicas");
  parameters.number("port", 80);
  parameters.texts("tenants");
  parameters.json("any");
  const auto done = parameters.finish();
  return done.ok() ? "" : done.failure().message;
}

Json good() {
  return Json{{"name", "odoo"}, {"replicas", 2}, {"tenants", {"acme"}}, {"any", nullptr}};
}

Json with(const char* member, Json value) {
  Json object = good();
  object[member] = std::move(value);
  return object;
}

}  // namespace

TEST_CASE("parameters: what is right is read") {
  const Json object = with("note", "hello");
  Parameters parameters(object);
  CHECK(parameters.text("name") == "odoo");
  CHECK(parameters.text("note", "none") == "hello");
  CHECK(parameters.number("replicas") == 2);
  CHECK(parameters.number("port", 80) == 80);
  CHECK(parameters.texts("tenants") == std::vector<std::string>{"acme"});
  CHECK(parameters.json("any").is_null());
  CHECK(parameters.finish().ok());
}

TEST_CASE("parameters: a wrong type is named") {
  CHECK(trouble(good()) == "");
  CHECK(trouble(with("name", 1)) == "parameter 'name' is not a text");
  CHECK(trouble(with("name", nullptr)) == "parameter 'name' is not a text");
  CHECK(trouble(with("name", "")) == "parameter 'name' is empty");
  CHECK(trouble(with("note", true)) == "parameter 'note' is not a text");
  CHECK(trouble(with("replicas", "2")) == "parameter 'replicas' is not a whole number");
  CHECK(trouble(with("replicas", 2.5)) == "parameter 'replicas' is not a whole number");
  CHECK(trouble(with("port", nullptr)) == "parameter 'port' is not a whole number");
  CHECK(trouble(with("tenants", "acme")) == "parameter 'tenants' is not a list of texts");
  CHECK(trouble(with("tenants", Json::array({1}))) == "parameter 'tenants' is not a list of texts");
  CHECK(trouble(with("tenants", Json::array())) == "");
}

TEST_CASE("parameters: everything missing and unknown is told at once, with the nearest name") {
  CHECK(trouble(Json{{"nane", "odoo"}, {"any", 1}}) ==
        "parameter 'name' is missing; parameter 'replicas' is missing; "
        "parameter 'tenants' is missing; parameter 'nane' is unknown (did you mean 'name'?)");
  CHECK(trouble(Json::array()) == "the parameters are not a JSON object");
}

TEST_CASE("parameters: an unknown name cannot carry control characters into the message") {
  CHECK(trouble(with("\x1b[31m", 1)).find('\x1b') == std::string::npos);
}
