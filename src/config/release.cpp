// Reads release.yaml: what is to be brought where, and how carefully.
#include "ostler/config/release.hpp"

#include "document.hpp"
#include "image_name.hpp"
#include "migrations.hpp"
#include "values.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

namespace ostler {
namespace {

template <typename T>
std::vector<std::string> names_of(const std::vector<T>& all) {
  std::vector<std::string> names;
  for (const T& one : all) names.push_back(one.name);
  return names;
}

/// Becomes a label of Kubernetes objects and part of object keys, so it keeps to what both allow.
std::string read_release_name(const Field& field, Report& report) {
  std::string text = read_text(field, report);
  constexpr std::string_view ends =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const bool fits =
      !text.empty() && text.size() <= 63 && ends.find(text.front()) != std::string_view::npos &&
      ends.find(text.back()) != std::string_view::npos &&
      std::all_of(text.begin(), text.end(), [&](char c) {
        return ends.find(c) != std::string_view::npos || c == '.' || c == '_' || c == '-';
      });
  if (text.empty() || fits) return text;
  report.error(field.span,
               fmt::format("{} must be a name such as 2026.11.3, found {}", field.name,
                           found(*field.node, report)),
               {"It has at most 63 letters, digits, '.', '_' and '-', and begins and ends with a "
                "letter or digit."});
  return "";
}

ImageParts read_image_name(const Field& field, const Environment* environment, Report& report) {
  const std::string text = read_text(field, report);
  if (text.empty()) return {};
  const ImageNameAnswer answer = split_image_name(text);
  if (!answer.trouble.empty()) {
    report.error(field.span,
                 fmt::format("{} must be an image name, but {}", field.name, answer.trouble),
                 {"Write REGISTRY/REPOSITORY, where REGISTRY is a name below 'registries' of the "
                  "environment."});
    return {};
  }
  if (environment != nullptr) {
    Field registry = field;
    if (field.node->is_plain())
      registry.span.width = static_cast<int>(answer.parts.registry.size());
    check_known(registry, answer.parts.registry, names_of(environment->registries),
                "registry in the environment named", report);
  }
  return answer.parts;
}

void read_image(const Field& field, const Environment* environment, Release& release,
                Report& report) {
  MapReader map(field, report);
  if (!map.usable()) return;
  const Field from = map.required("from"), to = map.required("to");
  const ImageParts source = read_image_name(from, environment, report);
  const ImageParts target = read_image_name(to, environment, report);
  if (!source.repository.empty() && source.tag.empty() && source.digest.empty()) {
    report.error(from.span, "'from' has neither a tag nor a digest",
                 {"Add ':TAG' or '@sha256:DIGEST'."});
  }
  if (!target.tag.empty() || !target.digest.empty()) {
    report.error(to.span, "'to' must have no tag and no digest",
                 {"Remove it: the digest is that of 'from'."});
  }
  if (from) release.image_from = from.node->text;
  if (to) release.image_to = to.node->text;
  release.image_from_place = report.source().place(from.span);
  release.image_to_place = report.source().place(to.span);
}

void check_module(const Field& field, const std::string& name, Report& report) {
  if (name == "all" || name == "base") {
    report.error(field.span, fmt::format("'{}' would update every installed module", name),
                 {"Each update locks its module's tables and stalls the shop; name the modules "
                  "that this release changes."});
  } else if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos ||
             name.size() > 100) {
    report.error(field.span,
                 fmt::format("{} must be a module's technical name, found {}", field.name,
                             found(*field.node, report)),
                 {"It has lower-case letters, digits and '_', such as sale_omni."});
  }
}

std::vector<std::string> read_unique_texts(
    const Field& field, std::string_view what, Report& report,
    const std::function<void(const Field&, const std::string&)>& check) {
  std::vector<std::string> all;
  for (const Field& item : list_items(field, report)) {
    const std::string text = read_text(item, report);
    if (text.empty()) continue;
    if (std::find(all.begin(), all.end(), text) != all.end()) {
      report.error(item.span,
                   fmt::format("the {} {} stands twice in {}", what, in_quotes(text), field.name),
                   {"Remove one of them."});
    } else {
      check(item, text);
    }
    all.push_back(text);
  }
  return all;
}

void read_migrations_part(const Field& field, Release& release, const Reading& reading) {
  Report& report = reading.report;
  MapReader map(field, report);
  if (!map.usable()) return;
  map.refuse_future({"contract", "rehearsal", "guards", "parallel"});
  const Field sql = map.optional("sql"), modules = map.optional("modules");
  if (!sql && !modules) {
    report.error(field.span, "'migrations' has neither 'sql' nor 'modules'",
                 {"Remove the key if nothing is migrated."});
  }
  release.migrations = read_migrations(sql, reading);
  release.modules_place = report.source().place(modules.span);
  release.modules = read_unique_texts(
      modules, "module", report,
      [&](const Field& item, const std::string& name) { check_module(item, name, report); });
}

std::vector<int> read_weights(const Field& field, Report& report) {
  std::vector<int> weights;
  const std::vector<Field> items = list_items(field, report);
  bool all_read = true;
  for (const Field& item : items) {
    const auto value = read_integer(item, {1, 100}, report);
    all_read = all_read && value;
    if (!value) continue;
    const int weight = static_cast<int>(*value);
    if (!weights.empty() && weight <= weights.back()) {
      report.error(item.span,
                   fmt::format("the weight {} does not rise above {}", weight, weights.back()),
                   {"Each weight must be greater than the one before."});
      all_read = false;
    }
    weights.push_back(weight);
  }
  if (all_read && !weights.empty() && weights.back() != 100) {
    report.error(items.back().span, fmt::format("the last weight is {}, not 100", weights.back()),
                 {"End with 100: a release that is done serves everyone."});
  }
  return weights;
}

TrafficConfig read_traffic(const Field& field, const Environment* environment,
                           const Reading& reading) {
  Report& report = reading.report;
  TrafficConfig traffic;
  MapReader map(field, report);
  if (!map.usable()) return traffic;
  map.refuse_future({"header", "cookie", "mirror", "soak"});
  const Field strategy = map.required("strategy");
  const bool later = strategy && strategy.node->is_scalar() &&
                     (strategy.node->text == "rolling" || strategy.node->text == "blue-green");
  if (later) {
    report.error(strategy.span,
                 fmt::format("'strategy' must be canary, found {}", found(*strategy.node, report)),
                 {"This version of ostler has no other strategy."});
  } else {
    read_choice(strategy, {"canary"}, report);
  }
  traffic.weights = read_weights(map.required("weights"), report);
  const Field hold = map.optional("hold"), interval = map.optional("interval");
  constexpr Milliseconds day{24 * 3'600'000};
  traffic.hold = read_duration(hold, {Milliseconds(1000), day}, report).value_or(traffic.hold);
  traffic.budget = read_duration(map.optional("budget"), {Milliseconds(0), day}, report)
                       .value_or(traffic.budget);
  traffic.interval = read_duration(interval, {Milliseconds(100), Milliseconds(60'000)}, report)
                         .value_or(traffic.interval);
  if (traffic.interval > traffic.hold) {
    report.error((interval ? interval : hold).span, "'interval' is longer than 'hold'",
                 {"At least one sample must fit into the hold."});
  }
  const Field gates = map.required("gates");
  traffic.gates_place = report.source().place(gates.span);
  traffic.gates =
      read_unique_texts(gates, "gate", report, [&](const Field& item, const std::string& name) {
        if (environment != nullptr) {
          check_known(item, name, names_of(environment->indicators),
                      "indicator in the environment named", report);
        }
      });
  return traffic;
}

/// Each piece with its name and length before it, so that no two releases give the same bytes.
std::string digest_of(const std::string& file_digest,
                      const std::vector<MigrationFile>& migrations) {
  Sha256 hash;
  hash.update("release " + file_digest + "\n");
  for (const MigrationFile& one : migrations) {
    hash.update(fmt::format("{} {} {}\n", one.name, one.text.size(), one.undo_text.size()));
    hash.update(one.text);
    hash.update(one.undo_text);
  }
  return hash.hex();
}

Release read_top_level(const FileIdentity& identity, const Field& root,
                       const Environment* environment, const Reading& reading) {
  Report& report = reading.report;
  Release release;
  release.path = identity.path;
  release.folder = identity.folder;
  MapReader map(root, report);
  if (!map.usable()) return release;
  map.refuse_future({"policy", "approvals", "windows", "tickets", "contract", "rehearsal", "probes",
                     "notes", "emergency", "class", "services", "gitops"});
  read_choice(map.required("apiVersion"), {"ostler/v1"}, report);
  release.name = read_release_name(map.required("release"), report);
  read_image(map.required("image"), environment, release, report);
  read_migrations_part(map.optional("migrations"), release, reading);
  release.traffic = read_traffic(map.required("traffic"), environment, reading);
  const auto on_failure = read_choice(map.optional("onFailure"), {"rollback", "hold"}, report);
  release.on_failure = on_failure.value_or(0) == 1 ? OnFailure::hold : OnFailure::rollback;
  release.digest = digest_of(identity.digest, release.migrations);
  return release;
}

}  // namespace

std::optional<Release> read_release(const std::string& path, const Environment* environment,
                                    Diagnostics& diagnostics) {
  std::optional<Release> result;
  const bool clean =
      with_document(path, "release", diagnostics,
                    [&](const FileIdentity& identity, const Field& root, const Reading& reading) {
                      result = read_top_level(identity, root, environment, reading);
                    });
  return clean ? std::move(result) : std::nullopt;
}

}  // namespace ostler
