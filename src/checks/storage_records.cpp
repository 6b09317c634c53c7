// storage.records: the buckets are there, and the one for release records keeps what is written.
#include "ostler/model/kind.hpp"

namespace ostler {

namespace {

Finding look_at(const BucketConfig& config, const ObjectStoreLook& bucket) {
  const std::string subject = "bucket " + config.name;
  const auto there = bucket.exists();
  if (!there) return not_seen(subject, there.failure());
  if (!*there)
    return failed(subject, bucket.text() + " does not exist", "a bucket",
                  "Create the bucket, or correct its name.");
  if (!config.object_lock) return passed(subject, bucket.text());
  const auto locked = bucket.object_lock();
  if (!locked) return not_seen(subject, locked.failure());
  if (*locked) return passed(subject, bucket.text() + ", with object lock");
  return failed(
      subject, bucket.text() + " has no object lock", "object lock (objectLock: true)",
      "Create the bucket anew with object lock; it cannot be switched on later everywhere.");
}

std::vector<Finding> measure(const CheckSubject& subject, const Looks& looks) {
  std::vector<Finding> findings;
  for (const BucketConfig& config : subject.environment->buckets) {
    Finding finding = look_at(config, looks.bucket(config.name));
    finding.place = config.place;
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

extern const CheckKind storage_records_check{
    "storage.records",
    "OSTLER-S001",
    "storage",
    "every bucket is there, and has object lock where the environment says so",
    "Create the bucket, with object lock for release records, or correct its name and credentials.",
    measure};

}  // namespace ostler
