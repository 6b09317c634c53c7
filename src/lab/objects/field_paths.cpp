// Walking over the fields of objects, as server-side apply divides them.
#include "lab/objects/field_paths.hpp"

#include "lab/objects/list_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace ostler::lab {
namespace {

bool is_ownable(const FieldPath& path, const std::string& name) {
  static const std::set<std::string_view> outer{"apiVersion", "kind", "status"};
  static const std::set<std::string_view> kept{
      "name",          "namespace",         "uid",
      "generation",    "creationTimestamp", "resourceVersion",
      "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds",
      "selfLink"};
  if (path.empty()) return !outer.contains(name);
  return path.size() > 1 || path[0] != ".metadata" || !kept.contains(name);
}

/// How an item of a keyed list is named: `[containerPort=8069,protocol="TCP"]`.
std::string item_element(const Json& item, const ListRule& rule) {
  if (rule.set) return "[=" + to_bytes(item) + "]";
  std::string keys;
  for (const char* key : rule.apply_keys) {
    const auto value = item.find(key);
    const std::string text = value != item.end()                   ? to_bytes(*value)
                             : std::string_view(key) == "protocol" ? "\"TCP\""
                                                                   : "";
    if (!text.empty()) keys += fmt::format("{}{}={}", keys.empty() ? "" : ",", key, text);
  }
  return "[" + keys + "]";
}

class Walk {
 public:
  explicit Walk(const ApiKind* kind) : kind_(kind) {}

  const ListRule& rule(std::string_view within, std::string_view name) const {
    // Of a CRD's lists only those of metadata are known to merge.
    const bool known = kind_ != nullptr && !kind_->custom;
    return list_rule(known ? kind_->kind : "", known || within == "metadata" ? within : "",
                     known || within == "metadata" ? name : "");
  }

  static bool is_keyed(const ListRule& rule) { return rule.set || !rule.apply_keys.empty(); }

  template <typename Visit>
  void fields(const Json& value, FieldPath& path, std::string_view within, std::string_view name,
              const Visit& visit) const {
    if (value.is_object() && !value.empty()) {
      for (const auto& [member, inner] : value.items()) {
        if (!is_ownable(path, member)) continue;
        path.push_back("." + member);
        fields(inner, path, name, member, visit);
        path.pop_back();
      }
      return;
    }
    const ListRule& list = rule(within, name);
    if (!value.is_array() || !is_keyed(list)) {
      if (!path.empty()) visit(path);
      return;
    }
    for (const Json& item : value) {
      path.push_back(item_element(item, list));
      visit(path);
      if (item.is_object()) fields(item, path, within, name, visit);
      path.pop_back();
    }
  }

  template <typename Visit>
  void differences(const Json& before, const Json& after, FieldPath& path, std::string_view within,
                   std::string_view name, const Visit& visit) const {
    if (before == after) return;
    const auto gone = [&visit](const FieldPath& at) { visit(at, false); };
    const auto there = [&visit](const FieldPath& at) { visit(at, true); };
    if (before.is_object() && after.is_object()) {
      for (const auto& [member, inner] : after.items()) {
        if (!is_ownable(path, member)) continue;
        path.push_back("." + member);
        const auto old = before.find(member);
        if (old == before.end())
          fields(inner, path, name, member, there);
        else
          differences(*old, inner, path, name, member, visit);
        path.pop_back();
      }
      for (const auto& [member, inner] : before.items()) {
        if (after.contains(member) || !is_ownable(path, member)) continue;
        path.push_back("." + member);
        fields(inner, path, name, member, gone);
        path.pop_back();
      }
      return;
    }
    const ListRule& list = rule(within, name);
    if (!before.is_array() || !after.is_array() || !is_keyed(list)) {
      fields(before, path, within, name, gone);
      fields(after, path, within, name, there);
      return;
    }
    for (const Json& item : after) {
      const auto old = same(before, item, list);
      path.push_back(item_element(item, list));
      if (old == before.end()) visit(path, true);
      if (item.is_object())
        differences(old == before.end() ? Json::object() : *old, item, path, within, name, visit);
      path.pop_back();
    }
    for (const Json& item : before) {
      if (same(after, item, list) != after.end()) continue;
      path.push_back(item_element(item, list));
      visit(path, false);
      if (item.is_object()) fields(item, path, within, name, gone);
      path.pop_back();
    }
  }

  void merge(Json& target, const Json& applied, std::string_view within,
             std::string_view name) const {
    if (applied.is_object() && target.is_object()) {
      for (const auto& [member, inner] : applied.items()) {
        const auto stands = target.find(member);
        if (stands == target.end())
          target[member] = inner;
        else
          merge(*stands, inner, name, member);
      }
      return;
    }
    const ListRule& list = rule(within, name);
    if (!applied.is_array() || !target.is_array() || !is_keyed(list)) {
      target = applied;
      return;
    }
    for (const Json& item : applied) {
      const auto stands = same(target, item, list);
      if (stands == target.end())
        target.push_back(item);
      else
        merge(target[static_cast<std::size_t>(stands - target.cbegin())], item, within, name);
    }
  }

 private:
  static Json::const_iterator same(const Json& list, const Json& item, const ListRule& rule) {
    const std::string wanted = item_element(item, rule);
    return std::find_if(list.begin(), list.end(), [&](const Json& candidate) {
      return item_element(candidate, rule) == wanted;
    });
  }

  const ApiKind* kind_;
};

/// Whether an item fits an element such as `[name="odoo"]`.
bool fits_element(const Json& item, const std::string& element) {
  if (!item.is_object()) return element == "[=" + to_bytes(item) + "]";
  // The keys of the element tell the rule by which it was made.
  ListRule rule;
  std::vector<std::string> keys;
  for (std::size_t at = 1; at < element.size();) {
    const std::size_t equal = element.find('=', at);
    if (equal == std::string::npos) break;
    keys.push_back(element.substr(at, equal - at));
    const bool quoted = element[equal + 1] == '"';
    std::size_t end = equal + 1;
    if (quoted) {
      for (++end; end < element.size() && element[end] != '"'; ++end)
        if (element[end] == '\\') ++end;
    }
    end = element.find_first_of(",]", end);
    at = end == std::string::npos ? element.size() : end + 1;
  }
  for (const std::string& key : keys) rule.apply_keys.push_back(key.c_str());
  return item_element(item, rule) == element;
}

template <typename Value>
Value* step(Value& value, const std::string& element) {
  if (element[0] == '.') {
    if (!value.is_object()) return nullptr;
    const auto found = value.find(element.substr(1));
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array()) return nullptr;
  for (auto& item : value)
    if (fits_element(item, element)) return &item;
  return nullptr;
}

}  // namespace

void each_field(const ApiKind* kind, const Json& object,
                const std::function<void(const FieldPath&)>& visit) {
  FieldPath path;
  Walk(kind).fields(object, path, "", "", visit);
}

void each_difference(const ApiKind* kind, const Json& before, const Json& after,
                     const std::function<void(const FieldPath&, bool)>& visit) {
  FieldPath path;
  Walk(kind).differences(before, after, path, "", "", visit);
}

const Json* field_at(const Json& object, const FieldPath& path) {
  const Json* value = &object;
  for (const std::string& element : path) {
    value = step(*value, element);
    if (value == nullptr) return nullptr;
  }
  return value;
}

void erase_field(Json& object, const FieldPath& path) {
  std::vector<Json*> way{&object};
  for (const std::string& element : path) {
    Json* next = step(*way.back(), element);
    if (next == nullptr) return;
    way.push_back(next);
  }
  for (std::size_t at = path.size(); at > 0; --at) {
    Json& holder = *way[at - 1];
    if (path[at - 1][0] == '.')
      holder.erase(path[at - 1].substr(1));
    else
      holder.erase(static_cast<std::size_t>(way[at] - &holder[0]));
    if (!holder.empty()) break;
  }
}

void merge_applied(const ApiKind* kind, Json& object, const Json& applied) {
  Walk(kind).merge(object, applied, "", "");
}

}  // namespace ostler::lab
