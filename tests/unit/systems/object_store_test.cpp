#include "ostler/systems/object_store.hpp"

#include "tests/fakes/fake_http.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

struct Fixture {
  FakeHttp http;
  std::unique_ptr<ObjectStore> store;
  Fixture() {
    ObjectStoreSettings settings;
    settings.endpoint = "https://s3.example/";
    settings.bucket = "records";
    settings.credentials = {"AK", std::make_shared<Secret>(std::string("canary-secret-key")),
                            "eu-central-1"};
    store = make_object_store(settings, http);
  }
  static std::string error(const std::string& code) {
    return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code></Error>";
  }
};

}  // namespace

TEST_CASE("a record is put once, signed and with its checksum") {
  Fixture f;
  f.http.expect("PUT", "https://s3.example/records/releases/a%20b.json", http_answer(200));
  REQUIRE(f.store->put_if_absent("releases/a b.json", "bytes", "application/json").ok());
  const HttpRequest& sent = f.http.requests.at(0);
  CHECK(sent.body == "bytes");
  CHECK(sent.aws->region == "eu-central-1");
  const auto header = [&sent](const std::string& name) {
    for (const auto& [key, value] : sent.headers) {
      if (key == name) return value;
    }
    return std::string();
  };
  CHECK(header("If-None-Match") == "*");
  // printf bytes | openssl dgst -sha256 -binary | base64
  CHECK(header("x-amz-checksum-sha256") == "J3CJ2RwL308uaGK6fkoHYFEZQx9dE/cm3TUrBvGyBqk=");
}

TEST_CASE("what the answers to a put mean") {
  const auto put = [](int status, const std::string& body) {
    Fixture f;
    f.http.expect("PUT", "*", http_answer(status, body));
    return f.store->put_if_absent("key", "bytes", "text/plain").failure();
  };
  CHECK(put(412, Fixture::error("PreconditionFailed")).kind == FailureKind::refused);
  CHECK(put(412, "").code == "PreconditionFailed");
  CHECK(put(409, Fixture::error("ConditionalRequestConflict")).kind == FailureKind::transient);
  CHECK(put(503, Fixture::error("SlowDown")).kind == FailureKind::transient);
  CHECK(put(500, Fixture::error("InternalError")).kind == FailureKind::unknown);
  CHECK(put(403, Fixture::error("AccessDenied")).kind == FailureKind::refused);
  CHECK(put(501, Fixture::error("NotImplemented")).code == "NotImplemented");
  const Failure denied = put(403, Fixture::error("SignatureDoesNotMatch"));
  CHECK(denied.message.find("s3://records at s3.example") != std::string::npos);
  CHECK((denied.message + denied.hint).find("canary") == std::string::npos);
}

TEST_CASE("an absent object is nothing, an absent bucket a failure") {
  Fixture f;
  f.http.expect("GET", "https://s3.example/records/key",
                http_answer(404, Fixture::error("NoSuchKey")));
  f.http.expect("GET", "https://s3.example/records/key",
                http_answer(404, Fixture::error("NoSuchBucket")));
  f.http.expect("GET", "https://s3.example/records/key", http_answer(200, "bytes"));
  f.http.expect("HEAD", "https://s3.example/records", http_answer(404));
  f.http.expect("HEAD", "https://s3.example/records", http_answer(403));
  CHECK_FALSE(f.store->get("key")->has_value());
  CHECK(f.store->get("key").failure().code == "NoSuchBucket");
  CHECK(f.store->get("key").value() == "bytes");
  CHECK_FALSE(f.store->exists().value());
  CHECK(f.store->exists().failure().kind == FailureKind::refused);
  REQUIRE(f.http.finished());
}

TEST_CASE("versioning and object lock are read, and what is not offered is told apart") {
  Fixture f;
  f.http.expect(
      "GET", "https://s3.example/records?versioning=",
      http_answer(200,
                  "<VersioningConfiguration "
                  "xmlns=\"http://s3/\"><Status>Enabled</Status></VersioningConfiguration>"));
  f.http.expect("GET", "https://s3.example/records?versioning=",
                http_answer(200, "<VersioningConfiguration/>"));
  f.http.expect("GET", "https://s3.example/records?object-lock=",
                http_answer(200,
                            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</"
                            "ObjectLockEnabled></ObjectLockConfiguration>"));
  f.http.expect("GET", "https://s3.example/records?object-lock=",
                http_answer(404, Fixture::error("ObjectLockConfigurationNotFoundError")));
  f.http.expect("GET", "https://s3.example/records?object-lock=",
                http_answer(501, Fixture::error("NotImplemented")));
  CHECK(f.store->versioning().value() == "Enabled");
  CHECK(f.store->versioning().value().empty());
  CHECK(f.store->object_lock().value());
  CHECK_FALSE(f.store->object_lock().value());
  const auto unknown = f.store->object_lock();
  CHECK(unknown.failure().kind == FailureKind::permanent);
  CHECK(unknown.failure().code == "NotImplemented");
  REQUIRE(f.http.finished());
}

TEST_CASE("a list goes over all pages") {
  Fixture f;
  f.http.expect("GET", "https://s3.example/records?list-type=2&max-keys=1000&prefix=a%2F",
                http_answer(200,
                            "<ListBucketResult><Contents><Key>a/1&amp;2</Key><Size>3</Size></"
                            "Contents><IsTruncated>true</IsTruncated><NextContinuationToken>n=x</"
                            "NextContinuationToken></ListBucketResult>"));
  f.http.expect(
      "GET",
      "https://s3.example/records?continuation-token=n%3Dx&list-type=2&max-keys=1000&prefix=a%2F",
      http_answer(200,
                  "<ListBucketResult><Contents><Key>a/3</Key><Size>4</Size></"
                  "Contents><IsTruncated>false</IsTruncated></ListBucketResult>"));
  const auto listed = f.store->list("a/");
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == 2);
  CHECK((*listed)[0].key == "a/1&2");
  CHECK((*listed)[1].size == 4);
  REQUIRE(f.http.finished());
}
