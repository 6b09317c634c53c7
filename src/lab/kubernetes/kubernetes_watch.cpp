// Watches: changes of objects, and Pods' logs, as streams.
#include "lab/kubernetes/kubernetes_watch.hpp"

#include "lab/objects/selectors.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ostler::lab {
namespace {

using namespace std::chrono_literals;

constexpr Instant bookmark_every = 60s;
constexpr Instant longest = 30min;

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class ObjectWatch final : public Watch {
 public:
  ObjectWatch(World& world, Objects& objects, const ApiRequest& request, LabelSelector labels,
              FieldSelector fields, std::uint64_t from)
      : world_(world),
        objects_(objects),
        kind_(*request.kind),
        place_(request.ref),
        labels_(std::move(labels)),
        fields_(std::move(fields)),
        table_(request.table()),
        from_(from),
        initial_(from == 0),
        marks_end_(request.target.value("sendInitialEvents") == "true"),
        bookmarks_(request.target.value("allowWatchBookmarks") == "true"),
        next_bookmark_(world.now() + bookmark_every),
        ends_(world.now() + longest) {
    initial_ = initial_ || marks_end_;
    // A list that names one object is a collection all the same.
    place_.name.clear();
    if (const auto seconds = number_of(request.target.value("timeoutSeconds")))
      if (*seconds > 0)
        ends_ = world.now() + std::chrono::seconds{static_cast<std::int64_t>(*seconds)};
  }

  std::string next() override {
    if (over_) return "";
    std::string bytes;
    if (initial_) bytes += present();
    initial_ = false;
    if (from_ < objects_.version()) bytes += changes();
    if (bookmarks_ && world_.now() >= next_bookmark_) bytes += bookmark(false);
    if (world_.now() >= ends_) over_ = true;
    return bytes;
  }

  bool over() const override { return over_; }

 private:
  std::string present() {
    std::string bytes;
    for (const auto& object : objects_.all(place_))
      if (fits(object.get())) bytes += line("ADDED", *object);
    from_ = objects_.version();
    if (marks_end_) bytes += bookmark(true);
    return bytes;
  }

  std::string changes() {
    const auto changes = objects_.since(place_, from_);
    if (!changes) {
      over_ = true;
      return to_bytes({{"type", "ERROR"},
                       {"object", status_answer(410, "Expired",
                                                fmt::format("too old resource version: {} ({})",
                                                            from_, objects_.version()))
                                      .body}}) +
             "\n";
    }
    std::string bytes;
    for (const Change& change : *changes) {
      const bool before = fits(change.before.get());
      const bool after = fits(change.after.get());
      if (after) {
        bytes += line(before ? "MODIFIED" : "ADDED", *change.after);
      } else if (before) {
        Json gone = *change.before;
        gone["metadata"]["resourceVersion"] = std::to_string(change.version);
        bytes += line("DELETED", gone);
      }
    }
    from_ = objects_.version();
    return bytes;
  }

  bool fits(const Json* object) const {
    return object != nullptr && labels_.fits(value_at(*object, "/metadata/labels")) &&
           fields_.fits(*object);
  }

  std::string line(const char* type, const Json& object) const {
    if (!table_) return to_bytes({{"type", type}, {"object", object}}) + "\n";
    const Json metadata{{"resourceVersion", text_at(object, "/metadata/resourceVersion")}};
    return to_bytes({{"type", type},
                     {"object", table_of(kind_, {&object}, world_.wall(), *table_, metadata)}}) +
           "\n";
  }

  std::string bookmark(bool end_of_present) {
    next_bookmark_ = world_.now() + bookmark_every;
    Json metadata{{"resourceVersion", std::to_string(from_)}, {"creationTimestamp", nullptr}};
    if (end_of_present) metadata["annotations"]["k8s.io/initial-events-end"] = "true";
    Json object = table_ ? table_of(kind_, {}, world_.wall(), *table_, metadata)
                         : Json{{"kind", kind_.kind},
                                {"apiVersion", api_version_of(kind_)},
                                {"metadata", metadata}};
    return to_bytes({{"type", "BOOKMARK"}, {"object", std::move(object)}}) + "\n";
  }

  World& world_;
  Objects& objects_;
  const ApiKind& kind_;
  ObjectRef place_;
  LabelSelector labels_;
  FieldSelector fields_;
  std::optional<RowObject> table_;
  std::uint64_t from_;
  bool initial_, marks_end_, bookmarks_, over_ = false;
  Instant next_bookmark_, ends_;
};

class LogWatch final : public Watch {
 public:
  LogWatch(Objects& objects, Pods& pods, ObjectRef pod, std::int64_t tail_lines)
      : objects_(objects), pods_(pods), pod_(std::move(pod)), tail_lines_(tail_lines) {}

  std::string next() override {
    const std::optional<std::string> log = pods_.log(pod_.name_space, pod_.name);
    const auto pod = objects_.find(pod_);
    const std::string phase = pod ? text_at(*pod, "/status/phase") : "Failed";
    over_ = !log || phase == "Succeeded" || phase == "Failed";
    if (!log) return "";
    std::string fresh;
    if (!begun_) {
      fresh = tail_of(*log, tail_lines_);
    } else if (log->size() >= seen_) {
      fresh = log->substr(seen_);
    }
    begun_ = true;
    seen_ = log->size();
    return fresh;
  }

  bool over() const override { return over_; }

 private:
  Objects& objects_;
  Pods& pods_;
  ObjectRef pod_;
  std::int64_t tail_lines_;
  std::size_t seen_ = 0;
  bool begun_ = false, over_ = false;
};

}  // namespace

Result<std::unique_ptr<Watch>> watch_objects(World& world, Objects& objects,
                                             const ApiRequest& request) {
  auto labels = LabelSelector::parse(request.target.value("labelSelector"));
  auto fields = FieldSelector::parse(request.target.value("fieldSelector"));
  if (!labels || !fields)
    return Failure{FailureKind::permanent, "unable to parse requirement", "", "400"};
  if (const std::string field = fields->unsupported(request.kind->kind); !field.empty())
    return Failure{FailureKind::permanent, "field label not supported: " + field, "", "400"};
  const std::string version = request.target.value("resourceVersion");
  const auto from = version.empty() ? std::optional<std::uint64_t>{0} : number_of(version);
  if (!from)
    return Failure{FailureKind::permanent, "invalid resource version: " + version, "", "400"};
  return std::unique_ptr<Watch>{std::make_unique<ObjectWatch>(
      world, objects, request, std::move(*labels), std::move(*fields), *from)};
}

std::unique_ptr<Watch> follow_log(Objects& objects, Pods& pods, const ObjectRef& pod,
                                  std::int64_t tail_lines) {
  return std::make_unique<LogWatch>(objects, pods, pod, tail_lines);
}

std::string tail_of(std::string log, std::int64_t lines) {
  if (lines < 0 || log.empty()) return log;
  if (lines == 0) return "";
  std::size_t from = log.size();
  // The last line may lack its line feed.
  if (log.back() == '\n') --from;
  for (std::int64_t line = 0; line < lines; ++line) {
    if (from == 0) return log;
    from = log.rfind('\n', from - 1);
    if (from == std::string::npos) return log;
  }
  return log.substr(from + 1);
}

}  // namespace ostler::lab
