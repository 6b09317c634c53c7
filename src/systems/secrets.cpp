// Fetches secrets from where the environment file says they stand.
#include "ostler/systems/secrets.hpp"

#include "ostler/base/hash.hpp"
#include "ostler/base/text.hpp"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace ostler {

namespace {

constexpr std::size_t secret_limit = 64u << 10;

Failure refused(std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), ""};
}

/// Wraps the value; an empty one or one with a zero byte is none that any server would take.
Result<std::shared_ptr<const Secret>> secret_of(std::string value, const std::string& reference) {
  const bool zero = value.find('\0') != std::string::npos;
  if (value.empty() || zero) {
    wipe(value);
    return refused(fmt::format("{} {}", reference, zero ? "holds a zero byte" : "is empty"),
                   "Put the secret there, as text.");
  }
  return std::shared_ptr<const Secret>(std::make_shared<Secret>(std::move(value)));
}

void drop_line_break(std::string& value) {
  if (!value.empty() && value.back() == '\n') value.pop_back();
  if (!value.empty() && value.back() == '\r') value.pop_back();
}

Result<std::shared_ptr<const Secret>> from_environment(const std::string& variable) {
  const std::string reference = "environment variable '" + sanitize(variable) + "'";
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) {
    return refused(reference + " is not set",
                   "Set " + sanitize(variable) + ", or refer to another source.");
  }
  return secret_of(value, reference);
}

/// A descriptor that closes itself.
struct OpenFile {
  int descriptor;
  explicit OpenFile(const std::string& path)
      : descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor >= 0) close(descriptor);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
};

Result<void> check_file(int descriptor, const std::string& reference) {
  struct stat found {};
  if (fstat(descriptor, &found) != 0) {
    return refused(fmt::format("{} cannot be read: {}", reference, strerror(errno)), "");
  }
  if (!S_ISREG(found.st_mode))
    return refused(reference + " is no regular file", "Refer to a file.");
  if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(
        fmt::format("{} may be written by others (mode {:04o})", reference, found.st_mode & 07777),
        "Take that right away: chmod go-w FILE.");
  }
  if (found.st_uid != 0 && found.st_uid != geteuid()) {
    return refused(reference + " belongs to another user",
                   "Own the file yourself, or let root own it.");
  }
  return {};
}

Result<std::shared_ptr<const Secret>> from_file(const SecretRef& secret) {
  std::string path = secret.file;
  if (!starts_with(path, "/")) {
    const auto slash = secret.place.file.rfind('/');
    if (slash != std::string::npos) path = secret.place.file.substr(0, slash + 1) + path;
  }
  const std::string reference = "file '" + sanitize(path) + "'";
  const OpenFile file(path);
  if (file.descriptor < 0) {
    return refused(fmt::format("{} cannot be read: {}", reference, strerror(errno)),
                   "Put the secret there; a relative path counts from the environment file.");
  }
  OSTLER_CHECK(check_file(file.descriptor, reference));
  std::string value(secret_limit + 1, '\0');
  std::size_t size = 0;
  while (size < value.size()) {
    const ssize_t got = read(file.descriptor, value.data() + size, value.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return refused(fmt::format("{} cannot be read: {}", reference, strerror(errno)), "");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > secret_limit) {
    wipe(value);
    return refused(reference + " is longer than " + format_bytes(secret_limit), "");
  }
  std::string exact = value.substr(0, size);
  wipe(value);
  drop_line_break(exact);
  return secret_of(std::move(exact), reference);
}

Result<std::shared_ptr<const Secret>> from_command(const SecretRef& secret,
                                                   ProcessRunner& processes) {
  if (secret.command.empty())
    return refused("the command for a secret is empty", "Name a program.");
  const std::string reference = "command '" + sanitize(secret.command[0]) + "'";
  ProcessRequest request;
  request.arguments = secret.command;
  request.max_output = secret_limit;
  auto result = processes.run(request);
  if (!result.ok()) {
    Failure failure = with_context(result.failure(), reference + " for a secret");
    failure.kind = FailureKind::refused;
    return failure;
  }
  std::string value = result->output.substr(0, result->output.find('\n'));
  wipe(result->output);
  wipe(result->errors);  // helpers have been seen to print what they look for
  if (result->exit_code != 0) {
    wipe(value);
    return refused(
        fmt::format("{} for a secret ended with exit code {}", reference, result->exit_code),
        "Run it by hand to see why; it gets only PATH, HOME and LANG.");
  }
  drop_line_break(value);
  return secret_of(std::move(value), "the output of " + reference);
}

Result<std::shared_ptr<const Secret>> from_kubernetes(const SecretRef& secret,
                                                      const KubernetesLook* kubernetes) {
  const std::string reference =
      fmt::format("key '{}' of Secret {}/{}", sanitize(secret.secret_key),
                  sanitize(secret.secret_namespace), sanitize(secret.secret_name));
  if (kubernetes == nullptr) {
    return refused(reference + " cannot be read before the cluster is known",
                   "Refer to the cluster's own credentials by env, file or command.");
  }
  auto object = kubernetes->get({"v1", "Secret", secret.secret_namespace, secret.secret_name});
  if (!object.ok()) {
    Failure failure = with_context(object.failure(), reference);
    failure.kind = FailureKind::refused;
    return failure;
  }
  if (!object->has_value())
    return refused(reference + ": there is no such Secret", "Create it, or correct its name.");
  const Json& data = value_at(**object, "/data");
  const auto found = data.is_object() ? data.find(secret.secret_key) : data.end();
  if (!data.is_object() || found == data.end() || !found->is_string()) {
    return refused(reference + ": there is no such key", "Correct the key's name.");
  }
  std::optional<std::string> value = from_base64(found->get_ref<const std::string&>());
  if (!value) return refused(reference + " is no base64", "");
  return secret_of(std::move(*value), reference);
}

}  // namespace

Result<std::shared_ptr<const Secret>> resolve_secret(const SecretRef& reference,
                                                     ProcessRunner& processes,
                                                     const KubernetesLook* kubernetes) {
  switch (reference.source) {
    case SecretRef::Source::env:
      return from_environment(reference.env);
    case SecretRef::Source::file:
      return from_file(reference);
    case SecretRef::Source::command:
      return from_command(reference, processes);
    case SecretRef::Source::kubernetes_secret:
      return from_kubernetes(reference, kubernetes);
    case SecretRef::Source::none:
      break;
  }
  return refused("a secret that is needed has no reference",
                 "Say where it stands: env, file, command or kubernetesSecret.");
}

}  // namespace ostler
