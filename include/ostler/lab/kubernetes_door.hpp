#pragma once

#include "ostler/lab/door.hpp"
#include "ostler/lab/objects.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ostler::lab {

/// An answer that goes on: what has become due is taken piece by piece, at virtual times of the
/// caller's choice. It must not outlive its door.
class Watch {
 public:
  virtual ~Watch() = default;
  /// The bytes due now; may be empty.
  virtual std::string next() = 0;
  /// True when nothing more will come after what `next` gave last.
  virtual bool over() const = 0;
};

/// The API server, as ostler's client and kubectl meet it: discovery, objects in JSON and as
/// tables, watches, scales, evictions, access reviews, Pods' logs and a proxy to their ports. Not
/// simulated: dry runs (400), protobuf (answered in JSON), `exec` and its kind, OpenAPI schemas
/// beyond what kubectl needs to believe in field validation.
class KubernetesDoor final : public Door {
 public:
  /// A request must carry `token`; with an empty one nothing is asked.
  KubernetesDoor(World& world, Objects& objects, Pods& pods, Programs& programs, std::string token);
  ~KubernetesDoor() override;
  KubernetesDoor(const KubernetesDoor&) = delete;
  KubernetesDoor& operator=(const KubernetesDoor&) = delete;

  /// A request that `watch` would take is answered with what is due now.
  Served answer(const HttpRequest& request) override;
  /// For a request with `watch=true`, or for a log with `follow=true`: the stream that answers it
  /// with 200. Nothing for any other request, and for one that is refused: `answer` it.
  std::optional<std::unique_ptr<Watch>> watch(const HttpRequest& request);

  /// From now on the right is missing: access reviews say so, and requests are refused with 403.
  /// `resource` as in "deployments" or "deployments/scale".
  void deny(const std::string& verb, const std::string& resource);

  /// What listens on other ports than the shop's 8069, by namespace, Pod and port; nothing when the
  /// connection is refused.
  using PodHttp = std::function<std::optional<Served>(
      const std::string& name_space, const std::string& pod, int port, const HttpRequest&)>;
  void set_pod_http(PodHttp serve);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostler::lab
