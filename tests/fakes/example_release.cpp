// The release of examples/canary as plain structs.
#include "tests/fakes/example_release.hpp"

namespace ostler {

IndicatorConfig example_indicator(std::string name, ProxyIndicator what) {
  IndicatorConfig indicator;
  indicator.name = std::move(name);
  indicator.source = IndicatorSource::proxies;
  indicator.proxy_indicator = what;
  indicator.unit = what == ProxyIndicator::latency ? IndicatorConfig::Unit::seconds
                                                   : IndicatorConfig::Unit::ratio;
  indicator.limit = what == ProxyIndicator::latency ? 1.2 : 0.02;
  indicator.worse_by = what == ProxyIndicator::latency ? 1.0 : 0.01;
  indicator.min_samples = 20;
  return indicator;
}

Environment example_environment() {
  Environment environment;
  environment.path = "/etc/ostler/canary/environment.yaml";
  environment.folder = "/etc/ostler/canary";
  environment.digest = std::string(64, 'e');
  environment.name = "canary";
  environment.kubernetes.context = "stack";
  environment.kubernetes.cluster_uid = "05713e55-0000-4000-8000-0000c1057e12";
  RegistryConfig staging, production;
  staging.name = "staging";
  staging.url = "http://127.0.0.1:5000";
  production.name = "production";
  production.url = "https://127.0.0.1:5001";
  environment.registries = {staging, production};
  PostgresConfig main;
  main.name = "main";
  main.replicas.emplace_back();
  environment.postgres = {main};
  RedisConfig sessions;
  sessions.name = "sessions";
  environment.redis = {sessions};
  BucketConfig records;
  records.name = "records";
  records.bucket = "release-records";
  records.object_lock = true;
  environment.buckets = {records};
  environment.records_bucket = "records";
  environment.waves = {"pilot"};
  CellConfig cell;
  cell.name = "pool-a";
  cell.wave = "pilot";
  cell.name_space = "odoo-pool-a";
  cell.workloads = {"odoo-web", "odoo-cron", "odoo-queue"};
  cell.route = "odoo-web";
  cell.autoscaler = "odoo-web";
  cell.tenants.server = "main";
  cell.tenants.names = {"acme", "bistro"};
  environment.cells = {cell};
  environment.indicators = {example_indicator("errors", ProxyIndicator::error_ratio),
                            example_indicator("latency", ProxyIndicator::latency)};
  return environment;
}

Release example_release() {
  Release release;
  release.path = "/srv/shop/release.yaml";
  release.folder = "/srv/shop";
  release.digest = std::string(64, 'a');
  release.name = "2026.11.2";
  release.image_from = "staging/retail/odoo:2";
  release.image_to = "production/retail/odoo";
  MigrationFile migration;
  migration.version = "0001";
  migration.name = "0001_order_channel";
  migration.path = "migrations/0001_order_channel.sql";
  migration.text = "ALTER TABLE sale_order ADD COLUMN sales_channel text;\n";
  migration.checksum = std::string(64, 'c');
  migration.undo_text = "ALTER TABLE sale_order DROP COLUMN sales_channel;\n";
  release.migrations = {migration};
  release.modules = {"sale_omni", "pos_retail"};
  release.modules_place = {"release.yaml", 9, 12};
  release.traffic.weights = {5, 25, 50, 100};
  release.traffic.hold = Milliseconds{10000};
  release.traffic.budget = Milliseconds{60000};
  release.traffic.interval = Milliseconds{500};
  release.traffic.gates = {"errors", "latency"};
  return release;
}

Addon example_addon(std::string name, std::string version, std::string hash,
                    std::vector<std::string> depends) {
  return Addon{std::move(name), std::move(version), std::move(hash), std::move(depends), true};
}

TenantState example_tenant(std::string database) {
  TenantState tenant;
  tenant.database = std::move(database);
  tenant.is_odoo = true;
  tenant.modules = {{"base", "18.0.1.3"}, {"pos_retail", "18.0.1.0"}, {"sale_omni", "18.0.1.0"}};
  return tenant;
}

Survey example_survey() {
  Survey survey;
  survey.cluster_uid = "05713e55-0000-4000-8000-0000c1057e12";
  survey.image_digest = new_digest;
  survey.before.digest = old_digest;
  survey.before.version = "1";
  survey.before.series = "18.0";
  survey.before.addons = {example_addon("base", "18.0.1.3", "b1", {}),
                          example_addon("pos_retail", "18.0.1.0", "p1"),
                          example_addon("sale_omni", "18.0.1.0", "s1")};
  survey.after = survey.before;
  survey.after.digest = new_digest;
  survey.after.version = "2";
  survey.after.addons[1] = example_addon("pos_retail", "18.0.2.0", "p2");
  survey.after.addons[2] = example_addon("sale_omni", "18.0.2.0", "s2");
  survey.after.changed_files = {"pos_retail/__manifest__.py", "sale_omni/views/sale_order.xml"};
  CellState cell;
  cell.name = "pool-a";
  cell.stable_service = "odoo-web";
  cell.port = 8069;
  cell.web_replicas = 6;
  cell.web_image = "127.0.0.1:5001/retail/odoo@" + old_digest;
  cell.workers = {{"odoo-cron", cell.web_image, 1}, {"odoo-queue", cell.web_image, 2}};
  cell.autoscaler_min = 2;
  cell.children = {{"odoo-web", 8069, 100}};
  cell.tenants = {example_tenant("acme"), example_tenant("bistro")};
  survey.cells = {cell};
  survey.facts = {{"Deployment odoo-pool-a/odoo-web", "image", cell.web_image}};
  return survey;
}

}  // namespace ostler
