// What a valid environment.yaml becomes: every value, every default, absolute paths.
#include "ostler/config/environment.hpp"

#include "reading.hpp"

#include "ostler/base/hash.hpp"

#include <catch2/catch.hpp>

using namespace ostler;

namespace {

std::string changed(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an environment holds what its file says", "[config]") {
  ConfigFolder folder;
  const auto environment = folder.environment();
  REQUIRE(environment);
  CHECK(environment->path == folder.path("environment.yaml"));
  CHECK(environment->folder + "/environment.yaml" == environment->path);
  CHECK(environment->digest == sha256_hex(folder.text("environment.yaml")));
  CHECK(environment->name == "shop");
  CHECK(environment->name_place.line == 2);
  CHECK(environment->name_place.column == 14);
  CHECK(environment->protection == Protection::strict);
  CHECK(environment->kubernetes.context == "prod-eu");
  CHECK(environment->kubernetes.cluster_uid == "05713e55-0000-4000-8000-0000c1057e12");
  CHECK(environment->kubernetes.cluster_uid_place.line == 6);
  CHECK(environment->kubernetes.kubeconfig == "");
  CHECK(environment->traefik.name_space == "traefik");
  CHECK_FALSE(environment->traefik.through_api_server);
  CHECK(environment->traefik.throttle == Milliseconds(2000));
  CHECK(environment->records_bucket == "records");
  CHECK(environment->waves == std::vector<std::string>{"pilot", "last"});
}

TEST_CASE("systems are found by name with their references", "[config]") {
  ConfigFolder folder;
  const auto environment = folder.environment();
  REQUIRE(environment);
  REQUIRE(environment->registry("production"));
  CHECK(environment->registry("production")->url == "https://registry.prod.example");
  CHECK(environment->registry("production")->docker_config);
  CHECK(environment->registry("elsewhere") == nullptr);
  const PostgresConfig* server = environment->postgres_server("main");
  REQUIRE(server);
  CHECK(server->dsn.source == SecretRef::Source::env);
  CHECK(server->dsn.env == "PG_MAIN");
  CHECK(server->dsn.place.line == 15);
  REQUIRE(server->replicas.size() == 1);
  CHECK(server->replicas[0].file == environment->folder + "/secrets/replica");
  REQUIRE(environment->bucket("records"));
  CHECK(environment->bucket("records")->region == "us-east-1");
  CHECK(environment->bucket("records")->object_lock);
  CHECK(environment->bucket("records")->secret_key.env == "S3_SECRET");
  REQUIRE(environment->prometheus);
  CHECK(environment->prometheus->url == "https://prometheus.example/prefix");
  CHECK_FALSE(environment->prometheus->token.present());
}

TEST_CASE("cells and indicators keep the order and the units of the file", "[config]") {
  ConfigFolder folder;
  const auto environment = folder.environment();
  REQUIRE(environment);
  REQUIRE(environment->cells.size() == 2);
  const CellConfig& pool = environment->cells[0];
  CHECK(pool.name == "pool-a");
  CHECK(pool.workloads.queue == "");
  CHECK(pool.tenants.query == "select name from saas.tenant");
  CHECK(pool.tenants.stop_loss == 1);
  CHECK(pool.port == 0);
  CHECK(environment->cell("acme")->tenants.names == std::vector<std::string>{"acme", "acme_test"});
  CHECK(environment->cell("acme")->tenants.stop_loss == 2);
  const IndicatorConfig* errors = environment->indicator("errors");
  REQUIRE(errors);
  CHECK(errors->limit == Approx(0.02));
  CHECK(errors->worse_by == Approx(0.01));
  CHECK(errors->unit == IndicatorConfig::Unit::ratio);
  CHECK(environment->indicator("latency")->limit == Approx(0.8));
  CHECK(environment->indicator("latency")->quantile == Approx(0.95));
  CHECK(environment->indicator("checkout")->max_age == Milliseconds(30000));
  CHECK(environment->indicator("checkout")->min_samples == 1);
  const IndicatorConfig* lost = environment->indicator("lost");
  CHECK(lost->source == IndicatorSource::sql);
  CHECK(lost->per_tenant);
  CHECK(lost->limit == Approx(0));
  CHECK(lost->unit == IndicatorConfig::Unit::number);
}

TEST_CASE("each form of a secret's reference is read", "[config]") {
  ConfigFolder folder;
  const std::string valid = folder.text("environment.yaml");
  const auto reference = [&](const std::string& text) {
    folder.write("environment.yaml", changed(valid, "dsn: { env: PG_MAIN }", "dsn: " + text));
    const auto environment = folder.environment();
    CHECK(folder.said == "");
    REQUIRE(environment);
    return environment->postgres[0].dsn;
  };
  CHECK(reference("{ file: /run/secrets/pg }").file == "/run/secrets/pg");
  CHECK(reference("{ command: [ pass, show, \"yes\" ] }").command ==
        std::vector<std::string>{"pass", "show", "yes"});
  const SecretRef key =
      reference("{ kubernetesSecret: { namespace: odoo, name: pg.main, key: DSN } }");
  CHECK(key.source == SecretRef::Source::kubernetes_secret);
  CHECK(key.secret_namespace + "/" + key.secret_name + "/" + key.secret_key == "odoo/pg.main/DSN");
}

TEST_CASE("a certificate authority is a path or a variable that holds one", "[config]") {
  ConfigFolder folder;
  const std::string valid = folder.text("environment.yaml");
  const auto ca = [&](const std::string& text) {
    folder.write("environment.yaml", changed(valid, "{ dockerConfig: true }",
                                             "{ dockerConfig: true }\n    ca: " + text));
    const auto environment = folder.environment();
    REQUIRE(environment);
    return environment->registry("production")->ca_file;
  };
  CHECK(ca("{ env: MY_CA }") == "env:MY_CA");
  CHECK(ca("/etc/ca.pem") == "/etc/ca.pem");
  CHECK(ca("../ca.pem") ==
        std::filesystem::path(folder.path("x")).parent_path().parent_path().string() + "/ca.pem");
}

TEST_CASE("plain http is for this machine only", "[config]") {
  ConfigFolder folder;
  const std::string valid = folder.text("environment.yaml");
  const auto reads = [&](const std::string& url) {
    folder.write("environment.yaml", changed(valid, "https://registry.staging.example", url));
    return folder.environment().has_value();
  };
  for (const char* url :
       {"http://127.0.0.1:5000", "http://127.9.9.9", "http://localhost:5000/", "http://[::1]:5000",
        "https://registry.example:443", "https://10.0.0.1:5000", "https://[fd00::1]"}) {
    INFO(url);
    CHECK(reads(url));
  }
  for (const char* url : {"http://registry.example",
                          "http://10.0.0.1",
                          "http://127.1",
                          "http://0x7f.0.0.1",
                          "http://0177.0.0.1",
                          "http://2130706433",
                          "http://127.0.0.1.example",
                          "http://localhost.example",
                          "http://127.0.0.1:0",
                          "http://127.0.0.1:65536",
                          "ftp://127.0.0.1",
                          "https://",
                          "https:///x",
                          "//127.0.0.1",
                          "127.0.0.1",
                          "https://a_b.example",
                          "https://-a.example",
                          "https://a..example",
                          "https://a:b:c",
                          "https://[::1",
                          "https://a.example/x",
                          "https://a.example\\\\@b.example"}) {
    INFO(url);
    CHECK_FALSE(reads(url));
  }
}
