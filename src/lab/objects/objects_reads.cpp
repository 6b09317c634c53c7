// What clients read: single objects, pages of lists, scales.
#include "lab/objects/api_status.hpp"
#include "lab/objects/objects_answers.hpp"
#include "lab/objects/objects_store.hpp"
#include "lab/objects/selectors.hpp"

#include "ostler/base/hash.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

/// Collects the items of one page.
class Page {
 public:
  Page(const ApiKind* kind, LabelSelector labels, FieldSelector fields, int limit)
      : bare_(kind != nullptr && !kind->custom),
        labels_(std::move(labels)),
        fields_(std::move(fields)),
        limit_(limit) {}

  /// False when the page is full; the object then belongs to the next one.
  bool take(const Json& object) {
    if (!labels_.fits(value_at(object, "/metadata/labels")) || !fields_.fits(object)) return true;
    if (limit_ > 0 && items_.size() >= static_cast<std::size_t>(limit_)) return false;
    items_.push_back(object);
    if (bare_) {
      // Items of built-in kinds come without these two.
      items_.back().erase("apiVersion");
      items_.back().erase("kind");
    }
    return true;
  }

  Json items() && { return std::move(items_); }

 private:
  bool bare_;
  LabelSelector labels_;
  FieldSelector fields_;
  int limit_;
  Json items_ = Json::array();
};

}  // namespace

Json scale_of(const Json& object) {
  Json scale{{"kind", "Scale"}, {"apiVersion", "autoscaling/v1"}};
  for (const char* name : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"})
    scale["metadata"][name] = text_at(object, std::string("/metadata/") + name);
  scale["spec"] = Json::object();
  // A zero is left out.
  if (const std::int64_t replicas = number_at(object, "/spec/replicas"); replicas != 0)
    scale["spec"]["replicas"] = replicas;
  scale["status"]["replicas"] = number_at(object, "/status/replicas");
  std::string selector;
  if (const Json& labels = value_at(object, "/spec/selector/matchLabels"); labels.is_object())
    for (const auto& [name, value] : labels.items())
      selector += fmt::format("{}{}={}", selector.empty() ? "" : ",", name, text_at(value, ""));
  if (!selector.empty()) scale["status"]["selector"] = selector;
  return scale;
}

std::string ContinueToken::text() const {
  return to_base64(
      to_bytes({{"v", "meta.k8s.io/v1"}, {"rv", version}, {"start", name_space + "/" + name}}));
}

std::optional<ContinueToken> ContinueToken::read(const std::string& text) {
  const auto bytes = from_base64(text);
  if (!bytes) return std::nullopt;
  const auto parsed = parse_json(*bytes, "continue token");
  if (!parsed.ok() || !value_at(*parsed, "/rv").is_number_unsigned()) return std::nullopt;
  const std::string start = text_at(*parsed, "/start");
  const std::size_t slash = start.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return ContinueToken{parsed->at("rv").get<std::uint64_t>(), start.substr(0, slash),
                       start.substr(slash + 1)};
}

ApiAnswer Objects::get(const ObjectRef& ref) const {
  const Stored found = find(ref);
  return found ? ApiAnswer{200, *found} : not_found(ref);
}

ApiAnswer Objects::list(const ObjectRef& kind, const ListSelector& selector, int limit,
                        const std::string& resume) const {
  auto labels = LabelSelector::parse(selector.labels);
  auto fields = FieldSelector::parse(selector.fields);
  if (!labels) return bad_request("unable to parse requirement: " + selector.labels);
  if (!fields) return bad_request("invalid selector: '" + selector.fields + "'; can't understand");
  if (const std::string field = fields->unsupported(kind.kind); !field.empty())
    return bad_request(fmt::format("field label not supported: {}", field));

  const ApiKind* known = find_kind(kind.api_version, kind.kind);
  ContinueToken start{impl_->version, kind.name_space, ""};
  const Impl::Shelf* shelf = impl_->shelf(kind);
  if (!resume.empty()) {
    const auto read = ContinueToken::read(resume);
    if (!read) return bad_request("continue key is not valid: illegal base64 data");
    if (shelf != nullptr && read->version < shelf->forgotten)
      return status_answer(410, "Expired",
                           "The provided continue parameter is too old to display a consistent "
                           "list result. You can start a new list without the continue parameter.");
    start = *read;
  }
  Page page(known, std::move(*labels), std::move(*fields), limit);
  std::string next;
  if (shelf != nullptr) {
    auto space = shelf->spaces.lower_bound(start.name_space);
    for (; space != shelf->spaces.end() && next.empty(); ++space) {
      if (!kind.name_space.empty() && space->first != kind.name_space) break;
      const bool resumed = space->first == start.name_space;
      auto item = resumed ? space->second.lower_bound(start.name) : space->second.begin();
      for (; item != space->second.end() && next.empty(); ++item)
        if (!page.take(*item->second.object))
          next = ContinueToken{start.version, space->first, item->first}.text();
    }
  }
  Json body{{"kind", kind.kind + "List"},
            {"apiVersion", known != nullptr ? api_version_of(*known) : kind.api_version},
            {"metadata", {{"resourceVersion", std::to_string(start.version)}}}};
  if (!next.empty()) body["metadata"]["continue"] = next;
  body["items"] = std::move(page).items();
  return {200, std::move(body)};
}

}  // namespace ostler::lab
