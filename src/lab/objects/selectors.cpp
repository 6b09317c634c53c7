// Label and field selectors, as the API server reads them.
#include "lab/objects/selectors.hpp"

#include "ostler/base/text.hpp"
#include "ostler/lab/objects.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace ostler::lab {
namespace {

/// Parts between commas that stand outside of parentheses.
std::vector<std::string> terms_of(const std::string& text) {
  std::vector<std::string> terms{""};
  int depth = 0;
  for (const char letter : text) {
    depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
    if (letter == ',' && depth == 0)
      terms.emplace_back();
    else
      terms.back() += letter;
  }
  for (std::string& term : terms) term = trim(term);
  std::erase(terms, "");
  return terms;
}

std::vector<std::string> values_of(std::string_view inside) {
  std::vector<std::string> values = split(std::string(inside), ',');
  for (std::string& value : values) value = trim(value);
  return values;
}

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

const std::string* label(const Json& labels, const std::string& name) {
  if (!labels.is_object()) return nullptr;
  const auto found = labels.find(name);
  return found == labels.end() ? nullptr : found->get_ptr<const std::string*>();
}

bool expression_fits(const Json& labels, const Json& expression) {
  const std::string* value = label(labels, text_at(expression, "/key"));
  const std::string wants = text_at(expression, "/operator");
  if (wants == "Exists") return value != nullptr;
  if (wants == "DoesNotExist") return value == nullptr;
  const Json& values = value_at(expression, "/values");
  const bool in =
      value != nullptr && std::find(values.begin(), values.end(), *value) != values.end();
  return wants == "NotIn" ? !in : in;
}

bool all_stand(const Json& labels, const Json& wanted) {
  return std::all_of(wanted.items().begin(), wanted.items().end(), [&](const auto& member) {
    const std::string* value = label(labels, member.key());
    return value != nullptr && member.value() == *value;
  });
}

const std::map<std::string_view, std::set<std::string_view>> selectable{
    {"Pod",
     {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
      "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"}},
    {"Event",
     {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
      "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
      "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"}},
    {"Namespace", {"status.phase"}},
    {"Node", {"spec.unschedulable"}},
    {"Secret", {"type"}},
    {"ReplicaSet", {"status.replicas"}},
    {"Job", {"status.successful"}},
};

}  // namespace

std::optional<LabelSelector> LabelSelector::parse(const std::string& text) {
  LabelSelector selector;
  for (const std::string& term : terms_of(text)) {
    if (const std::size_t open = term.find('('); open != std::string::npos) {
      const std::string head = trim(term.substr(0, open));
      const std::size_t space = head.rfind(' ');
      const std::size_t close = term.find(')', open);
      if (space == std::string::npos || close != term.size() - 1) return std::nullopt;
      const std::string wants = head.substr(space + 1);
      if (wants != "in" && wants != "notin") return std::nullopt;
      selector.terms_.push_back(
          {trim(head.substr(0, space)), wants == "in" ? Wants::in : Wants::not_in,
           values_of(std::string_view(term).substr(open + 1, close - open - 1))});
    } else if (const std::size_t unequal = term.find("!="); unequal != std::string::npos) {
      selector.terms_.push_back(
          {trim(term.substr(0, unequal)), Wants::not_in, {trim(term.substr(unequal + 2))}});
    } else if (const std::size_t equal = term.find('='); equal != std::string::npos) {
      const std::size_t value = term.find_first_not_of('=', equal);
      selector.terms_.push_back({trim(term.substr(0, equal)),
                                 Wants::in,
                                 {value == std::string::npos ? "" : trim(term.substr(value))}});
    } else if (term[0] == '!') {
      selector.terms_.push_back({trim(term.substr(1)), Wants::none, {}});
    } else {
      selector.terms_.push_back({term, Wants::any, {}});
    }
    const std::string& name = selector.terms_.back().name;
    if (name.empty() || name.find(' ') != std::string::npos) return std::nullopt;
  }
  return selector;
}

bool LabelSelector::fits(const Json& labels) const {
  return std::all_of(terms_.begin(), terms_.end(), [&labels](const Term& term) {
    const std::string* value = label(labels, term.name);
    switch (term.wants) {
      case Wants::any:
        return value != nullptr;
      case Wants::none:
        return value == nullptr;
      case Wants::in:
        return value != nullptr && contains(term.values, *value);
      default:
        return value == nullptr || !contains(term.values, *value);
    }
  });
}

std::optional<FieldSelector> FieldSelector::parse(const std::string& text) {
  FieldSelector selector;
  for (const std::string& term : terms_of(text)) {
    const std::size_t equal = term.find('=');
    if (equal == std::string::npos || equal == 0) return std::nullopt;
    const bool negated = term[equal - 1] == '!';
    const std::string field = term.substr(0, negated ? equal - 1 : equal);
    const std::size_t value = term.find_first_not_of('=', equal);
    selector.terms_.push_back({field, "/" + replace_all(field, ".", "/"),
                               value == std::string::npos ? "" : term.substr(value), !negated});
  }
  return selector;
}

bool FieldSelector::fits(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&object](const Term& term) {
    const Json& value = value_at(object, term.pointer);
    const std::string text = value.is_string() ? value.get<std::string>()
                             : value.is_null() ? ""
                                               : to_bytes(value);
    // A flag that is not set reads as false.
    const bool same = text == term.value || (value.is_null() && term.value == "false");
    return same == term.equal;
  });
}

std::string FieldSelector::unsupported(std::string_view kind) const {
  const auto more = selectable.find(kind);
  for (const Term& term : terms_) {
    if (term.field == "metadata.name" || term.field == "metadata.namespace") continue;
    if (more == selectable.end() || !more->second.contains(term.field)) return term.field;
  }
  return "";
}

std::string FieldSelector::name() const {
  for (const Term& term : terms_)
    if (term.field == "metadata.name" && term.equal) return term.value;
  return "";
}

bool labels_fit(const Json& labels, const std::string& selector) {
  const auto parsed = LabelSelector::parse(selector);
  return parsed && parsed->fits(labels);
}

bool selected(const Json& labels, const Json& selector) {
  if (!selector.is_object()) return false;
  const Json& expressions = value_at(selector, "/matchExpressions");
  const Json& wanted = value_at(selector, "/matchLabels");
  if (!expressions.is_array() && !wanted.is_object()) return all_stand(labels, selector);
  if (wanted.is_object() && !all_stand(labels, wanted)) return false;
  return !expressions.is_array() ||
         std::all_of(expressions.begin(), expressions.end(), [&labels](const Json& expression) {
           return expression_fits(labels, expression);
         });
}

}  // namespace ostler::lab
