// Reads references to secrets and files, and keeps literal secrets out of every message.
#include "references.hpp"

#include "values.hpp"

#include "ostler/base/secret.hpp"
#include "ostler/base/text.hpp"

#include <array>
#include <filesystem>

namespace ostler {
namespace {

constexpr std::string_view how_to_refer =
    "Write a reference instead: { env: NAME }, { file: PATH }, { command: [ PROGRAM, ARGUMENT ] } "
    "or "
    "{ kubernetesSecret: { namespace: N, name: N, key: K } }.";

bool is_variable_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  return !text.empty() && text.size() <= 128 && letter(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// Below a key that names a secret, only these keys hold something that may be shown.
bool is_part_of_reference(std::string_view key) {
  constexpr std::array keys{"env", "file", "namespace", "name", "key", "dockerConfig"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// Top-level keys whose maps have names as keys; a name such as "token_errors" says nothing about
/// what is below.
bool has_named_entries(std::string_view key) {
  constexpr std::array keys{"registries", "postgres", "redis", "buckets", "indicators"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

enum class Sensitivity { ordinary, sensitive, names };

void hide_below(const YamlNode& node, Sensitivity sensitivity, const Reading& reading) {
  if (node.is_scalar()) {
    const bool url_with_user =
        node.text.find("://") != std::string::npos && node.text.find('@') != std::string::npos;
    if (sensitivity == Sensitivity::sensitive || url_with_user || redact(node.text) != node.text) {
      hide_value(node, reading.report);
    }
    return;
  }
  for (std::size_t index = 0; index < node.items.size(); ++index) {
    Sensitivity here = sensitivity;
    if (node.is_map()) {
      const std::string& key = node.keys[index].text;
      const bool excepted = sensitivity == Sensitivity::names || is_part_of_reference(key);
      if (excepted) here = Sensitivity::ordinary;
      if (names_a_secret(key) && !excepted) here = Sensitivity::sensitive;
      if (&node == &reading.root && has_named_entries(key)) here = Sensitivity::names;
    }
    hide_below(node.items[index], here, reading);
  }
}

void refuse_literal(const Field& field, const Reading& reading) {
  hide_value(*field.node, reading.report);
  reading.report.error(
      field.span,
      fmt::format("{} must be a reference to a secret, found a value that is not shown",
                  field.name),
      {std::string(how_to_refer), "If it was a real secret, replace it: it has stood in a file."});
}

std::string read_variable(const Field& field, const Reading& reading) {
  if (!field) return "";
  if (field.node->is_scalar() && is_variable_name(field.node->text)) return field.node->text;
  hide_value(*field.node, reading.report);
  reading.report.error(
      field.span,
      fmt::format("{} must be the name of an environment variable, found a value that is not shown",
                  field.name),
      {"A name has letters, digits and '_'. Write the variable's name, not its value."});
  return "";
}

std::vector<std::string> read_command(const Field& field, const Reading& reading) {
  std::vector<std::string> command;
  for (const Field& item : list_items(field, reading.report)) {
    // An argument may hold a secret, so that none is ever shown.
    hide_value(*item.node, reading.report);
    std::string text = read_text(item, reading.report);
    if (!text.empty()) command.push_back(std::move(text));
  }
  return command;
}

void read_kubernetes_secret(const Field& field, SecretRef& reference, const Reading& reading) {
  MapReader map(field, reading.report);
  map.distrust_keys();
  reference.secret_namespace = read_kubernetes_label(map.required("namespace"), reading.report);
  reference.secret_name = read_kubernetes_name(map.required("name"), reading.report);
  reference.secret_key = read_text(map.required("key"), reading.report);
}

}  // namespace

void hide_secrets(const Reading& reading) {
  hide_below(reading.root, Sensitivity::ordinary, reading);
}

SecretRef read_secret(const Field& field, const Reading& reading) {
  SecretRef reference;
  if (!field) return reference;
  reference.place = reading.report.source().place(field.span);
  if (!field.node->is_map()) {
    refuse_literal(field, reading);
    return reference;
  }
  MapReader map(field, reading.report);
  map.distrust_keys();
  map.refuse_future({"vault"});
  const Field env = map.optional("env"), file = map.optional("file"),
              command = map.optional("command"), secret = map.optional("kubernetesSecret");
  const int count = !!env + !!file + !!command + !!secret;
  // A key that is no source is complained about as such.
  if (count == 0 && !field.node->keys.empty()) return reference;
  if (count != 1) {
    reading.report.error(
        field.span,
        fmt::format("{} must have exactly one of env, file, command, kubernetesSecret", field.name),
        {std::string(how_to_refer)});
    return reference;
  }
  if (env) reference.source = SecretRef::Source::env;
  if (file) reference.source = SecretRef::Source::file;
  if (command) reference.source = SecretRef::Source::command;
  if (secret) reference.source = SecretRef::Source::kubernetes_secret;
  reference.env = read_variable(env, reading);
  reference.file = read_path(file, reading);
  reference.command = read_command(command, reading);
  if (secret) read_kubernetes_secret(secret, reference, reading);
  return reference;
}

std::string read_path(const Field& field, const Reading& reading) {
  const std::string text = read_text(field, reading.report);
  if (text.empty()) return "";
  return (std::filesystem::path(reading.folder) / text).lexically_normal().string();
}

std::string read_ca(const Field& field, const Reading& reading) {
  if (!field || !field.node->is_map()) return read_path(field, reading);
  MapReader map(field, reading.report);
  const std::string variable = read_variable(map.required("env"), reading);
  return variable.empty() ? "" : "env:" + variable;
}

}  // namespace ostler
