// The lab's object store, through the client that talks to the real one.
#include "ostler/lab/s3_door.hpp"

#include "ostler/base/text.hpp"
#include "ostler/lab/door_http.hpp"
#include "ostler/systems/object_store.hpp"

#include <catch2/catch.hpp>

using namespace ostler;
using namespace ostler::lab;
using namespace std::chrono_literals;

namespace {

struct Store {
  World world{1};
  S3Door door{world, {}};
  DoorHttp http;

  Store() {
    door.add_bucket("odoo-backups", {true, false, 0h});
    door.add_bucket("release-records", {false, true, 0h});
    http.serve("127.0.0.1:7070", door);
  }
  AwsCredentials credentials(const std::string& key = "lab",
                             const std::string& secret = "lab-secret") const {
    return {key, std::make_shared<Secret>(std::string(secret)), "us-east-1"};
  }
  std::unique_ptr<ObjectStore> bucket(const std::string& name, const AwsCredentials& with) {
    return make_object_store({"http://127.0.0.1:7070", name, with, ""}, http);
  }
  std::unique_ptr<ObjectStore> bucket(const std::string& name) {
    return bucket(name, credentials());
  }
  HttpResponse ask(const std::string& method, const std::string& path, const std::string& body = "",
                   std::vector<HttpHeader> headers = {}) {
    HttpRequest request;
    request.method = method;
    request.url = "http://127.0.0.1:7070" + path;
    request.body = body;
    request.headers = std::move(headers);
    request.aws = credentials();
    return http.send(request).value();
  }
};

bool says(const HttpResponse& response, const std::string& text) {
  return response.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("both buckets keep the contract of an object store", "[lab]") {
  Store lab;
  for (const char* name : {"odoo-backups", "release-records"}) {
    const auto store = lab.bucket(name);
    const std::string key = "folder/with space+plus&and=ümlaut.json";
    CHECK(store->exists().value());
    CHECK_FALSE(store->get(key)->has_value());
    REQUIRE(store->put_if_absent(key, "{\"a\":1}", "application/json").ok());
    CHECK(store->get(key).value() == "{\"a\":1}");
    const auto again = store->put_if_absent(key, "other", "application/json");
    REQUIRE_FALSE(again.ok());
    CHECK(again.failure().kind == FailureKind::refused);
    CHECK(again.failure().code == "PreconditionFailed");
    REQUIRE(store->put_if_absent("folder/empty", "", "text/plain").ok());
    const auto listed = store->list("folder/");
    REQUIRE(listed->size() == 2);
    CHECK((*listed)[1].key == key);
    CHECK((*listed)[1].size == 7);
    CHECK(store->versioning().value() == "Enabled");
  }
  CHECK(lab.bucket("release-records")->object_lock().value());
  CHECK_FALSE(lab.bucket("odoo-backups")->object_lock().value());
  CHECK_FALSE(lab.bucket("no-such-bucket")->exists().value());
  CHECK(lab.bucket("no-such-bucket")->get("x").failure().code == "NoSuchBucket");
}

TEST_CASE("a list goes on beyond one page", "[lab]") {
  Store lab;
  for (int object = 0; object < 1005; ++object)
    lab.door.put("odoo-backups", "many/" + std::to_string(object), "x");
  lab.door.put("odoo-backups", "other", "x");
  CHECK(lab.bucket("odoo-backups")->list("many/")->size() == 1005);
  const HttpResponse folders = lab.ask("GET", "/odoo-backups?delimiter=%2F&list-type=2");
  CHECK(says(folders, "<CommonPrefixes><Prefix>many/</Prefix></CommonPrefixes>"));
  CHECK(says(folders, "<Key>other</Key>"));
  CHECK(says(folders, "<KeyCount>2</KeyCount>"));
}

TEST_CASE("who has no right to the store is refused with the real one's words", "[lab]") {
  Store lab;
  const auto wrong = lab.bucket("odoo-backups", lab.credentials("lab", "canary"))->get("x");
  CHECK(wrong.failure().kind == FailureKind::refused);
  CHECK(wrong.failure().code == "SignatureDoesNotMatch");
  CHECK(lab.bucket("odoo-backups", lab.credentials("nobody"))->get("x").failure().code ==
        "XAdminUserNotFound");
  HttpRequest request;
  request.url = "http://127.0.0.1:7070/odoo-backups?versioning=";
  CHECK(lab.http.send(request)->status == 403);
  request.headers = {{"x-amz-date", "20261128T071920Z"},
                     {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"},
                     {"Authorization",
                      "AWS4-HMAC-SHA256 Credential=lab/20261128/us-east-1/s3/aws4_request, "
                      "SignedHeaders=host;x-amz-date, Signature=" +
                          std::string(64, 'a')}};
  CHECK(lab.http.send(request)->status == 200);
  request.headers.erase(request.headers.begin() + 1);
  CHECK(says(*lab.http.send(request), "x-amz-content-sha256"));
}

TEST_CASE("versions are kept, and a deletion hides only", "[lab]") {
  Store lab;
  const std::string first{lab.ask("PUT", "/odoo-backups/k", "one").header("x-amz-version-id")};
  lab.ask("PUT", "/odoo-backups/k", "two");
  CHECK(lab.ask("GET", "/odoo-backups/k").body == "two");
  CHECK(lab.ask("GET", "/odoo-backups/k?versionId=" + first).body == "one");
  const HttpResponse gone = lab.ask("DELETE", "/odoo-backups/k");
  CHECK(gone.status == 204);
  CHECK(gone.header("x-amz-delete-marker") == "true");
  CHECK(lab.ask("GET", "/odoo-backups/k").status == 404);
  CHECK(lab.bucket("odoo-backups")->list("")->empty());
  CHECK(lab.bucket("odoo-backups")->put_if_absent("k", "three", "text/plain").ok());
  const HttpResponse all = lab.ask("GET", "/odoo-backups?versions=");
  CHECK(says(all, "<DeleteMarker><IsLatest>false</IsLatest><Key>k</Key>"));
  CHECK(says(all, "<VersionId>" + first + "</VersionId>"));
  CHECK(lab.ask("DELETE", "/odoo-backups/k?versionId=" + first).status == 204);
  CHECK(lab.ask("GET", "/odoo-backups/k?versionId=" + first).status == 404);
  CHECK(says(lab.ask("DELETE", "/odoo-backups"), "BucketNotEmpty"));
}

TEST_CASE("what is retained cannot be deleted before its time", "[lab]") {
  Store lab;
  lab.door.add_bucket("kept", {false, true, 48h});
  const std::string id{lab.ask("PUT", "/kept/k", "one").header("x-amz-version-id")};
  const HttpResponse refused = lab.ask("DELETE", "/kept/k?versionId=" + id);
  CHECK(refused.status == 403);
  CHECK(says(refused, "object protected by object lock"));
  CHECK(lab.ask("DELETE", "/kept/k").status == 204);
  lab.world.advance_to(49h);
  CHECK(lab.ask("DELETE", "/kept/k?versionId=" + id).status == 204);
  const std::string free{lab.ask("PUT", "/release-records/k", "x").header("x-amz-version-id")};
  CHECK(lab.ask("DELETE", "/release-records/k?versionId=" + free).status == 204);
}

TEST_CASE("what the gateway does not implement is said to be so", "[lab]") {
  Store lab;
  for (const char* path : {"/odoo-backups?encryption=", "/odoo-backups?lifecycle="}) {
    const HttpResponse answer = lab.ask("GET", path);
    CHECK(answer.status == 501);
    CHECK(says(answer, "<Code>NotImplemented</Code>"));
  }
}

TEST_CASE("buckets are made, listed and set up as on the stack", "[lab]") {
  Store lab;
  CHECK(lab.ask("PUT", "/x").status == 400);
  CHECK(lab.ask("PUT", "/made").status == 200);
  CHECK(lab.ask("PUT", "/made").status == 409);
  CHECK(lab.bucket("made")->versioning().value() == "");
  CHECK(lab.ask("PUT", "/made?versioning=",
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
            .status == 200);
  CHECK(lab.bucket("made")->versioning().value() == "Enabled");
  lab.ask("PUT", "/locked", "", {{"x-amz-bucket-object-lock-enabled", "true"}});
  CHECK(lab.bucket("locked")->object_lock().value());
  CHECK(says(lab.ask("GET", "/"), "<Name>made</Name>"));
  lab.door.slow_down(true);
  CHECK(lab.bucket("made")->exists().failure().kind == FailureKind::transient);
}

TEST_CASE("a body is checked against its checksum, in chunks as well", "[lab]") {
  Store lab;
  const HttpHeader empty{"x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="};
  CHECK(lab.ask("PUT", "/odoo-backups/k", "", {empty}).status == 200);
  CHECK(says(lab.ask("PUT", "/odoo-backups/k", "x", {empty}), "BadDigest"));
  lab.ask("PUT", "/odoo-backups/c", "5;chunk-signature=a\r\nhello\r\n0;chunk-signature=b\r\n\r\n",
          {{"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}});
  CHECK(lab.door.object("odoo-backups", "c") == "hello");
  CHECK(lab.ask("GET", "/odoo-backups/c", "", {{"Range", "bytes=-2"}}).body == "lo");
  CHECK(lab.ask("GET", "/odoo-backups/c", "", {{"Range", "bytes=9-"}}).status == 416);
}
