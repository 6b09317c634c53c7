#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ostler {

/// What a caller has to decide on when something failed, and no more.
enum class FailureKind {
  refused,    ///< the other side said no for good (bad request, no right, a conflict with a foreign
              ///< value)
  timeout,    ///< no answer in time; for an effect the outcome is unknown
  transient,  ///< worth trying again: connection refused, 429, 503; nothing was changed
  permanent,  ///< will fail again however often it is tried
  cancelled,  ///< the user or the engine asked to stop
  unknown,    ///< an effect may or may not have happened; only looking settles it
};

/// The stable word for `kind` in journals and JSON output.
std::string_view to_string(FailureKind kind);

/// Why something did not happen. `message` is one sentence in lower case without a full stop that
/// names the system and the object; `hint` is a full sentence saying what to do next, or empty;
/// `code` is the foreign code a machine may switch on ("42P01", "404", "Conflict"), or empty.
struct Failure {
  FailureKind kind = FailureKind::permanent;
  std::string message;
  std::string hint;
  std::string code;
};

/// The same failure seen from further away: "CONTEXT: MESSAGE".
Failure with_context(Failure failure, std::string_view context);

/// A value, or the reason why there is none. Never both, never neither.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value. Asserts `ok()`.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The reason. Asserts `!ok()`.
  Failure& failure() { return std::get<1>(state_); }
  const Failure& failure() const { return std::get<1>(state_); }

 private:
  std::variant<T, Failure> state_;
};

/// Success without a value, or the reason why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : failure_(std::move(failure)) {}

  bool ok() const { return !failure_.has_value(); }
  explicit operator bool() const { return ok(); }
  Failure& failure() { return *failure_; }
  const Failure& failure() const { return *failure_; }

 private:
  std::optional<Failure> failure_;
};

/// Evaluates an expression of type Result and returns its failure to the caller, or binds the value
/// to `declaration`.
#define OSTLER_TRY_CONCAT_(a, b) a##b
#define OSTLER_TRY_NAME_(line) OSTLER_TRY_CONCAT_(ostler_try_, line)
#define OSTLER_TRY(declaration, expression)                                          \
  auto OSTLER_TRY_NAME_(__LINE__) = (expression);                                    \
  if (!OSTLER_TRY_NAME_(__LINE__).ok()) return OSTLER_TRY_NAME_(__LINE__).failure(); \
  declaration = std::move(OSTLER_TRY_NAME_(__LINE__)).value()

/// The same for a Result without a value.
#define OSTLER_CHECK(expression)                                                       \
  do {                                                                                 \
    auto OSTLER_TRY_NAME_(__LINE__) = (expression);                                    \
    if (!OSTLER_TRY_NAME_(__LINE__).ok()) return OSTLER_TRY_NAME_(__LINE__).failure(); \
  } while (false)

}  // namespace ostler
