#pragma once

#include "connect.hpp"
#include "context.hpp"

#include "ostler/config/release.hpp"
#include "ostler/config/scenario.hpp"
#include "ostler/model/plan.hpp"
#include "ostler/model/survey.hpp"
#include "ostler/view/check_text.hpp"

#include <functional>
#include <memory>

namespace ostler {

/// Reads the files that a command names and shows every mistake in them; a failure has the code
/// "invalid".
Result<Environment> load_environment(Context& context, const std::string& typed);
/// `typed` empty: ./release.yaml. With an environment also the names that refer to it are checked.
Result<Release> load_release(Context& context, const std::string& typed,
                             const Environment* environment);

Result<Scenario> load_scenario(Context& context, const std::string& path);

/// Reads a plan file; a failure has the code "invalid".
Result<Plan> load_plan(const std::string& path);
bool is_plan_file(const std::string& argument);

/// Another command about the same files, as the user named them: "ostler plan prod next.yaml".
std::string same_files(std::string_view command, const Invocation& invocation);

/// Which checks a preflight makes.
struct CheckChoice {
  std::vector<std::string> only, skip;
};
/// Makes all checks at once, tells the stream of each finding, and gives the answers in the order
/// of the kinds.
Result<CheckReport> make_checks(Context& context, const CheckSubject& subject, const Looks& looks,
                                const CheckChoice& choice);

/// Everything a plan needs: files read, systems reached, cluster verified, checks passed, survey
/// taken.
struct Prepared {
  Environment environment;
  Release release;
  std::unique_ptr<Connection> connection;
  CheckReport checks;
  Survey survey;
};

/// What is asked for on the way to a plan.
struct Preparation {
  std::string environment, release;  ///< as typed
  /// Called once the files are read and before any system is asked: may refuse.
  std::function<Result<void>(const Environment&)> claim;
  const Plan* planned =
      nullptr;  ///< a saved plan whose files and facts must still hold; null: none
};
/// What was prepared, or how the command ends because it could not be. What no longer holds comes
/// before what the checks say: a plan that is stale is no plan any more.
std::variant<Prepared, CommandEnd> prepare(Context& context, const Preparation& wanted);

/// The plan for what was prepared, with --on-failure put in.
Result<Plan> compile(Context& context, const Prepared& prepared, Scope scope = Scope::whole);

/// Refuses as "stale" when the plan has expired or its files are not what they were.
Result<void> verify_files(Context& context, const Plan& plan, const Prepared& prepared);
/// Refuses as "stale" when a fact no longer holds; each difference in a line of the message.
Result<void> verify_facts(const Plan& plan, const Survey& survey);

}  // namespace ostler
