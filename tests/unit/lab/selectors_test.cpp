// Label selectors as they stand in objects.
#include "ostler/lab/objects.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;

TEST_CASE("labels fit a selector of an object", "[lab]") {
  const Json labels{{"app", "web"}, {"tier", "front"}};
  const auto fits = [&labels](const char* selector) {
    return selected(labels, Json::parse(selector));
  };
  CHECK(fits(R"({"app":"web"})"));
  CHECK_FALSE(fits(R"({"app":"web","canary":"1"})"));
  CHECK(fits(R"({"matchLabels":{"app":"web"}})"));
  CHECK_FALSE(fits(R"({"matchLabels":{"app":"cron"}})"));
  CHECK(fits(R"({"matchExpressions":[{"key":"app","operator":"In","values":["web","x"]},
                                     {"key":"canary","operator":"DoesNotExist"}]})"));
  CHECK_FALSE(fits(R"({"matchLabels":{"app":"web"},
                       "matchExpressions":[{"key":"tier","operator":"NotIn",
                                            "values":["front"]}]})"));
  CHECK_FALSE(selected(labels, Json{}));
  CHECK_FALSE(selected(Json{}, Json{{"app", "web"}}));
}

TEST_CASE("a text that is no selector fits nothing", "[lab]") {
  CHECK(labels_fit(Json{}, ""));
  CHECK_FALSE(labels_fit(Json{}, "a b"));
  CHECK_FALSE(labels_fit({{"a", "b"}}, "a in b)"));
}
