// One suite for every object store: the fake one, and the real one in its two buckets.
#include "ostler/systems/object_store.hpp"

#include "tests/contract/stack.hpp"
#include "tests/fakes/fake_object_store.hpp"

#include "ostler/base/hash.hpp"

using namespace ostler;

namespace {

void keeps_its_contract(ObjectStore& store) {
  const std::string folder = "contract/" + random_hex(12) + "/";
  const std::string key = folder + "with space+plus&and=ümlaut.json";
  REQUIRE(store.exists().value());
  CHECK_FALSE(store.get(key)->has_value());
  CHECK(store.list(folder)->empty());
  const auto put = store.put_if_absent(key, "{\"a\":1}", "application/json");
  if (!put.ok()) FAIL(put.failure().message);
  CHECK(store.get(key).value() == "{\"a\":1}");
  const auto again = store.put_if_absent(key, "other", "application/json");
  REQUIRE_FALSE(again.ok());
  CHECK(again.failure().kind == FailureKind::refused);
  CHECK(again.failure().code == "PreconditionFailed");
  CHECK(store.get(key).value() == "{\"a\":1}");
  REQUIRE(store.put_if_absent(folder + "empty", "", "text/plain").ok());
  CHECK(store.get(folder + "empty").value() == "");
  const auto listed = store.list(folder);
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == 2);
  CHECK((*listed)[1].key == key);
  CHECK((*listed)[1].size == 7);
  CHECK(store.versioning().value() == "Enabled");
}

ObjectStoreSettings real_bucket(const std::string& bucket) {
  ObjectStoreSettings settings;
  settings.endpoint = "http://127.0.0.1:7070";
  settings.bucket = bucket;
  settings.credentials.access_key = stack_variable("OSTLER_S3_KEY");
  settings.credentials.secret_key = std::make_shared<Secret>(stack_variable("OSTLER_S3_SECRET"));
  return settings;
}

}  // namespace

TEST_CASE("the fake object store keeps the contract", "[object-store]") {
  FakeObjectStore store;
  keeps_its_contract(store);
}

TEST_CASE("the real object store keeps the contract", "[object-store]") {
  if (!on_stack()) return;
  const auto http = make_http_client(Cancellation());
  const auto backups = make_object_store(real_bucket("odoo-backups"), *http);
  const auto records = make_object_store(real_bucket("release-records"), *http);
  keeps_its_contract(*backups);
  keeps_its_contract(*records);
  const auto locked = records->object_lock();
  if (!locked.ok()) FAIL(locked.failure().message);
  CHECK(*locked);
  const auto open = backups->object_lock();
  if (!open.ok()) FAIL(open.failure().message << " " << open.failure().code);
  CHECK_FALSE(*open);
}

TEST_CASE("the real object store lists beyond one page", "[object-store]") {
  if (!on_stack()) return;
  const auto http = make_http_client(Cancellation());
  const auto store = make_object_store(real_bucket("odoo-backups"), *http);
  const std::string folder = "contract/" + random_hex(12) + "/";
  constexpr int count = 1005;
  for (int object = 0; object < count; ++object) {
    REQUIRE(store->put_if_absent(folder + std::to_string(object), "x", "text/plain").ok());
  }
  CHECK(store->list(folder)->size() == count);
}

TEST_CASE("the real object store refuses what is wrong, without the secret", "[object-store]") {
  if (!on_stack()) return;
  const auto http = make_http_client(Cancellation());
  CHECK_FALSE(make_object_store(real_bucket("no-such-bucket"), *http)->exists().value());
  CHECK(make_object_store(real_bucket("no-such-bucket"), *http)->get("x").failure().code ==
        "NoSuchBucket");
  ObjectStoreSettings settings = real_bucket("odoo-backups");
  settings.credentials.secret_key = std::make_shared<Secret>(std::string("canary-secret-key"));
  const auto wrong = make_object_store(settings, *http)->get("x");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.failure().kind == FailureKind::refused);
  CHECK((wrong.failure().message + wrong.failure().hint).find("canary") == std::string::npos);
}
