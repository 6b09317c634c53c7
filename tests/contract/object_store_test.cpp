// One suite for every object store: the fake one, and the lab's and the real one in their two
// buckets.
#include "ostler/systems/object_store.hpp"

#include "tests/contract/lab_platform.hpp"
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

/// A server with a versioned bucket for backups, and one with object lock for records.
struct Server {
  HttpClient& http;
  std::string endpoint;
  AwsCredentials credentials;
  std::string backups;

  ObjectStoreSettings settings(const std::string& bucket) const {
    ObjectStoreSettings result;
    result.endpoint = endpoint;
    result.bucket = bucket;
    result.credentials = credentials;
    return result;
  }
  std::unique_ptr<ObjectStore> bucket(const std::string& name) const {
    return make_object_store(settings(name), http);
  }
};

AwsCredentials credentials_of(const std::string& key, const std::string& secret) {
  AwsCredentials credentials;
  credentials.access_key = key;
  credentials.secret_key = std::make_shared<Secret>(std::string(secret));
  return credentials;
}

/// Runs `suite(Server)` over the lab's server, and over the real one where there is one.
template <typename Suite>
void over_servers(Suite suite) {
  SECTION("lab") {
    LabPlatform lab;
    suite(Server{lab.http, "http://" + lab.platform.addresses().s3, credentials_of("lab", "lab"),
                 "backups"});
  }
  SECTION("real") {
    if (!on_stack()) return;
    const auto http = make_http_client(Cancellation());
    suite(
        Server{*http, "http://127.0.0.1:7070",
               credentials_of(stack_variable("OSTLER_S3_KEY"), stack_variable("OSTLER_S3_SECRET")),
               "odoo-backups"});
  }
}

}  // namespace

TEST_CASE("the fake object store keeps the contract", "[object-store]") {
  FakeObjectStore store;
  keeps_its_contract(store);
}

TEST_CASE("every bucket of a server keeps the contract", "[object-store][S3Door]") {
  over_servers([](const Server& server) {
    const auto backups = server.bucket(server.backups);
    const auto records = server.bucket("release-records");
    keeps_its_contract(*backups);
    keeps_its_contract(*records);
    const auto locked = records->object_lock();
    if (!locked.ok()) FAIL(locked.failure().message);
    CHECK(*locked);
    const auto open = backups->object_lock();
    if (!open.ok()) FAIL(open.failure().message << " " << open.failure().code);
    CHECK_FALSE(*open);
  });
}

TEST_CASE("an object store lists beyond one page", "[object-store][S3Door]") {
  over_servers([](const Server& server) {
    const auto store = server.bucket(server.backups);
    const std::string folder = "contract/" + random_hex(12) + "/";
    constexpr int count = 1005;
    for (int object = 0; object < count; ++object) {
      REQUIRE(store->put_if_absent(folder + std::to_string(object), "x", "text/plain").ok());
    }
    CHECK(store->list(folder)->size() == count);
  });
}

TEST_CASE("an object store refuses what is wrong, without the secret", "[object-store][S3Door]") {
  over_servers([](const Server& server) {
    CHECK_FALSE(server.bucket("no-such-bucket")->exists().value());
    CHECK(server.bucket("no-such-bucket")->get("x").failure().code == "NoSuchBucket");
    ObjectStoreSettings settings = server.settings(server.backups);
    settings.credentials.secret_key = std::make_shared<Secret>(std::string("canary-secret-key"));
    const auto wrong = make_object_store(settings, server.http)->get("x");
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.failure().kind == FailureKind::refused);
    CHECK((wrong.failure().message + wrong.failure().hint).find("canary") == std::string::npos);
  });
}
