// Strategic merge patches (apimachinery's pkg/util/strategicpatch).
#include "lab/objects/strategic_merge.hpp"

#include "lab/objects/list_rules.hpp"

#include "ostler/base/text.hpp"

#include <algorithm>

namespace ostler::lab {
namespace {

constexpr std::string_view order_mark = "$setElementOrder/";
constexpr std::string_view removal_mark = "$deleteFromPrimitiveList/";

class Merge {
 public:
  explicit Merge(std::string_view kind) : kind_(kind) {}

  void object(Json& target, const Json& patch, std::string_view within) const {
    if (!target.is_object()) target = Json::object();
    const std::string directive = text_at(patch, "/$patch");
    if (directive == "delete" || directive == "replace") {
      target = Json::object();
      if (directive == "delete") return;
    }
    retain(target, value_at(patch, "/$retainKeys"));
    for (const auto& [name, value] : patch.items()) {
      if (starts_with(name, removal_mark))
        remove_values(target, name.substr(removal_mark.size()), value);
      else if (!name.starts_with('$'))
        member(target, name, value, within);
    }
    for (const auto& [name, value] : patch.items())
      if (starts_with(name, order_mark))
        arrange(target, name.substr(order_mark.size()), value, within);
  }

 private:
  void member(Json& target, const std::string& name, const Json& value,
              std::string_view within) const {
    if (value.is_null()) {
      target.erase(name);
    } else if (value.is_object()) {
      object(target[name], value, name);
    } else if (value.is_array()) {
      list(target[name], value, list_rule(kind_, within, name), name);
    } else {
      target[name] = value;
    }
  }

  void list(Json& target, const Json& patch, const ListRule& rule, std::string_view name) const {
    if (!target.is_array()) target = Json::array();
    if (rule.set) {
      for (const Json& value : patch)
        if (std::find(target.begin(), target.end(), value) == target.end()) target.push_back(value);
      return;
    }
    if (rule.patch_key == nullptr) {
      target = patch;
      return;
    }
    if (std::any_of(patch.begin(), patch.end(),
                    [](const Json& item) { return text_at(item, "/$patch") == "replace"; }))
      target = Json::array();
    for (const Json& item : patch) {
      const std::string directive = text_at(item, "/$patch");
      if (directive == "replace") continue;
      const auto found = same_item(target, item, rule.patch_key);
      if (directive == "delete") {
        if (found != target.end()) target.erase(found);
      } else if (found == target.end()) {
        Json fresh = Json::object();
        object(fresh, item, name);
        target.push_back(std::move(fresh));
      } else {
        object(*found, item, name);
      }
    }
  }

  static Json::iterator same_item(Json& list, const Json& item, const char* key) {
    const auto wanted = item.find(key);
    return std::find_if(list.begin(), list.end(), [&](const Json& candidate) {
      const auto value = candidate.find(key);
      return wanted != item.end() && value != candidate.end() && *value == *wanted;
    });
  }

  static void retain(Json& target, const Json& keys) {
    if (!keys.is_array()) return;
    Json kept = Json::object();
    for (const Json& key : keys)
      if (key.is_string() && target.contains(key))
        kept[key.get<std::string>()] = target[key.get<std::string>()];
    target = std::move(kept);
  }

  static void remove_values(Json& target, const std::string& name, const Json& values) {
    const auto list = target.find(name);
    if (list == target.end() || !list->is_array() || !values.is_array()) return;
    for (const Json& value : values) {
      const auto found = std::find(list->begin(), list->end(), value);
      if (found != list->end()) list->erase(found);
    }
  }

  /// Items that the order names stand in that order; the others stay behind the one before them.
  void arrange(Json& target, const std::string& name, const Json& order,
               std::string_view within) const {
    const auto list = target.find(name);
    if (list == target.end() || !list->is_array() || !order.is_array()) return;
    const ListRule& rule = list_rule(kind_, within, name);
    const auto place = [&](const Json& item) -> std::ptrdiff_t {
      const auto at = std::find_if(order.begin(), order.end(), [&](const Json& wanted) {
        if (rule.patch_key == nullptr) return wanted == item;
        return value_at(wanted, std::string("/") + rule.patch_key) ==
               value_at(item, std::string("/") + rule.patch_key);
      });
      return at == order.end() ? -1 : at - order.begin();
    };
    std::vector<std::pair<std::ptrdiff_t, Json>> ranked;
    std::ptrdiff_t last = -1;
    for (Json& item : *list) {
      const std::ptrdiff_t at = place(item);
      if (at >= 0) last = at;
      ranked.emplace_back(last, std::move(item));
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    *list = Json::array();
    for (auto& [unused, item] : ranked) list->push_back(std::move(item));
  }

  std::string_view kind_;
};

}  // namespace

void strategic_merge(Json& object, const Json& patch, std::string_view kind) {
  Merge(kind).object(object, patch, "");
}

}  // namespace ostler::lab
