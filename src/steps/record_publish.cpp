// record.publish: leaves the release's record in a bucket, once and for ever.
#include "ostler/base/text.hpp"
#include "ostler/model/kind.hpp"
#include "ostler/systems/workload.hpp"

namespace ostler {
namespace {

class RecordPublish final : public Step {
 public:
  RecordPublish(std::string bucket, std::string key, std::string release, Json plan_summary)
      : bucket_(std::move(bucket)),
        key_(std::move(key)),
        release_(std::move(release)),
        plan_summary_(std::move(plan_summary)) {}

  Result<Observation> observe(const Looks& looks, const Json* before) const override {
    OSTLER_TRY(const auto bytes, looks.bucket(bucket_).get(key_));
    Observation seen;
    seen.snapshot = {{"present", bytes.has_value()}};
    seen.found = bytes ? "a record is there" : "no record";
    if (bytes && is_ours(*bytes)) {
      seen.state = TargetState::applied;
    } else if (before != nullptr && bytes && !flag_at(*before, "/present")) {
      seen.state = TargetState::diverged;
    }
    return seen;
  }

  Result<void> apply(Systems& systems, const Json&, const Guard& guard, Attempt&) const override {
    ObjectStore& bucket = systems.bucket(bucket_);
    const std::string record = to_bytes({{"format", "ostler.dev/record/v1"},
                                         {"release", release_},
                                         {"run", guard.run},
                                         {"plan", plan_summary_}});
    const auto stored = bucket.put_if_absent(key_, record, "application/json");
    if (stored.ok() || stored.failure().code != "PreconditionFailed") return stored;
    OSTLER_TRY(const auto found, bucket.get(key_));
    if (found && (*found == record || is_ours(*found))) return {};
    return diverged("record " + key_ + " in " + bucket.text(), "there with other contents",
                    "absent");
  }

  Result<void> revert(Systems& systems, const Json&, const Guard&,
                      Attempt& attempt) const override {
    OSTLER_TRY(const auto found, systems.looks().bucket(bucket_).get(key_));
    if (found)
      attempt.note(fmt::format("record {} stays in {}: records are written once", key_,
                               systems.looks().bucket(bucket_).text()));
    return {};
  }

 private:
  bool is_ours(const std::string& bytes) const {
    const auto record = parse_json(bytes, "release record");
    return record.ok() && text_at(*record, "/release") == release_ &&
           value_at(*record, "/plan") == plan_summary_;
  }

  std::string bucket_, key_, release_;
  Json plan_summary_;
};

Result<std::unique_ptr<Step>> make(const Json& parameters) {
  Parameters read(parameters);
  const std::string bucket = read.text("bucket"), key = read.text("key"),
                    release = read.text("release");
  Json plan_summary = read.json("plan_summary");
  OSTLER_CHECK(read.finish());
  return std::unique_ptr<Step>(
      std::make_unique<RecordPublish>(bucket, key, release, std::move(plan_summary)));
}

}  // namespace

extern const StepKind record_publish_step{
    "record.publish",
    "finish",
    "writes the release's record into a bucket, once",
    "leaves the record: it is written once and says what happened",
    RecoveryClass::guarded,
    false,
    Milliseconds{60000},
    R"({"bucket": "records", "key": "canary/2026.11.2/0a1b2c3d.json", "release": "2026.11.2",
        "plan_summary": {"steps": 12}})",
    make,
    true};

}  // namespace ostler
