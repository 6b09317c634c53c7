// The events that the cluster writes for its operators.
#include "lab/cluster/cluster_events.hpp"

#include "lab/objects/json_fields.hpp"

#include <fmt/format.h>

namespace ostler::lab {
namespace {

constexpr std::size_t kept = 200;

ObjectRef event_ref(const Name& name) {
  return {"v1", "Event", name.name_space, name.name};
}

}  // namespace

void ClusterEvents::tell(const Json& about, const Occurrence& occurrence) {
  const Json& metadata = field(about, "metadata");
  const std::string key = fmt::format("{} {} {}", text_of(field(metadata, "uid")),
                                      occurrence.reason, occurrence.message);
  const std::string now = timestamp(world_);
  if (const auto known = counts_.find(key); known != counts_.end()) {
    auto& [name, count] = known->second;
    objects_.edit(event_ref(name), {{"count", ++count}, {"lastTimestamp", now}});
    return;
  }
  const std::string& subject = text_of(field(metadata, "name"));
  const Name name{text_of(field(metadata, "namespace")),
                  fmt::format("{}.{:016x}", subject, world_.random(UINT64_MAX))};
  Json event{{"apiVersion", "v1"},
             {"kind", "Event"},
             {"metadata", {{"name", name.name}, {"namespace", name.name_space}}},
             {"type", occurrence.type == EventType::normal ? "Normal" : "Warning"},
             {"reason", occurrence.reason},
             {"message", occurrence.message},
             {"count", 1},
             {"firstTimestamp", now},
             {"lastTimestamp", now},
             {"eventTime", nullptr},
             {"source", {{"component", occurrence.component}}},
             {"reportingComponent", occurrence.component},
             {"reportingInstance", ""}};
  event["involvedObject"] = {{"apiVersion", field(about, "apiVersion")},
                             {"kind", field(about, "kind")},
                             {"namespace", name.name_space},
                             {"name", subject},
                             {"uid", field(metadata, "uid")}};
  objects_.put(std::move(event));
  counts_[key] = {name, 1};
  told_.push_back({key, name});
  if (told_.size() <= kept) return;
  objects_.erase(event_ref(told_.front().name));
  counts_.erase(told_.front().key);
  told_.pop_front();
}

}  // namespace ostler::lab
