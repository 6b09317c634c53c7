// The last question before something is changed.
#include "confirm.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/values.hpp"

namespace ostler {
namespace {

constexpr std::size_t shortest_digest = 6;

Failure cannot_ask(std::string message, std::string hint) {
  return {FailureKind::refused, std::move(message), std::move(hint), "usage"};
}

}  // namespace

Result<void> check_confirmation(const std::string& given, const Question& question) {
  const std::size_t colon = given.find(':');
  const std::string name = given.substr(0, colon);
  if (name != question.environment)
    return cannot_ask(fmt::format("--confirm names '{}', but this is about '{}'", sanitize(name),
                                  question.environment),
                      "Check where you are before you confirm.");
  if (colon == std::string::npos) return {};
  const std::string digest = given.substr(colon + 1);
  if (digest.size() < shortest_digest)
    return cannot_ask(
        fmt::format("--confirm: '{}' is too short for a plan's digest", sanitize(digest)),
        fmt::format("Give at least {} digits.", shortest_digest));
  const std::string whole = question.digest.substr(question.digest.find(':') + 1);
  if (whole.starts_with(digest)) return {};
  return Failure{FailureKind::refused,
                 fmt::format("--confirm is for plan {}, but this plan is {}", sanitize(digest),
                             short_digest(question.digest)),
                 "Look at the new plan, then confirm its digest.", "stale"};
}

Result<void> confirm(Context& context, const Question& question) {
  const Invocation& invocation = context.invocation;
  if (!invocation.confirm.empty()) return check_confirmation(invocation.confirm, question);
  if (question.protection == Protection::none) return {};
  if (question.protection == Protection::ask && invocation.yes) return {};
  const bool by_name = question.protection == Protection::strict;
  const std::string flag = fmt::format("--confirm {}:{}", question.environment,
                                       short_digest(question.digest).substr(0, shortest_digest));
  if (!context.console.can_ask())
    return cannot_ask(fmt::format("'{}' wants a confirmation, and there is no terminal to ask at",
                                  question.environment),
                      by_name ? fmt::format("Look at the plan, then say {}.", flag)
                              : fmt::format("Say --yes, or {}.", flag));
  const std::string prompt =
      by_name ? fmt::format("{}\nType the environment's name to go on: ", question.what)
              : fmt::format("{}\nGo on? [y/N] ", question.what);
  const std::optional<std::string> answer = context.console.ask(prompt);
  if (context.signals.stop().requested())
    return Failure{FailureKind::cancelled, "interrupted; nothing was changed", "", ""};
  const bool yes = answer && (by_name ? *answer == question.environment
                                      : *answer == "y" || *answer == "Y" || *answer == "yes");
  if (yes) return {};
  return cannot_ask("not confirmed; nothing was changed", "");
}

}  // namespace ostler
