// A shop of scripted Pods behind two proxies.
#pragma once

#include "ostler/base/text.hpp"
#include "ostler/lab/objects.hpp"
#include "ostler/lab/proxies.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ostler::lab {

/// Pods that the test puts there.
struct ScriptedPods final : Pods {
  std::map<std::string, RunningPod> by_address;
  void add(const std::string& address, const std::string& version) {
    RunningPod pod;
    pod.name = "pod-" + address;
    pod.name_space = "pool";
    pod.uid = address;
    pod.address = address;
    pod.image = version;
    by_address[address] = pod;
  }
  void remove(const std::string& address) { by_address.erase(address); }

  const RunningPod* listening(const std::string& address) const override {
    const auto found = by_address.find(address);
    return found == by_address.end() ? nullptr : &found->second;
  }
  const RunningPod* listening(const std::string&, const std::string&) const override {
    return nullptr;
  }
  std::optional<std::string> log(const std::string&, const std::string&) const override {
    return std::nullopt;
  }
};

/// Programs that answer with their image's name as version, in 60 ms, to /shop/fails with 500;
/// unless the test has another answer.
struct ScriptedPrograms final : Programs {
  std::string pull_trouble(const std::string&) override { return ""; }
  Start start(const RunningPod&) override { return {}; }
  void ended(const RunningPod&) override {}
  std::vector<JobPart> job(const RunningPod&) override { return {}; }
  void job_killed(const RunningPod&) override {}
  std::function<Served(const HttpRequest&)> answers = [](const HttpRequest& request) {
    Served served = answer_text(ends_with(request.url, "/shop/fails") ? 500 : 200, "x");
    served.took = Instant{60'000};
    return served;
  };
  Served serve(const RunningPod& pod, const HttpRequest& request) override {
    Served served = answers(request);
    served.response.headers.emplace_back("x-shop-version", pod.image);
    return served;
  }
};

/// One Service `odoo-web` with one Pod of version 1, the route `odoo` to it, and every tenant's
/// host. Times before the first request have passed.
struct ProxiedShop {
  explicit ProxiedShop(std::uint64_t seed = 1) : world(seed) {
    for (const char* name : {"odoo-web", "odoo-web-canary"})
      put("v1", "Service", name,
          Json::parse(R"({"spec":{"ports":[{"name":"http","port":8069}]}})"));
    add_pod("odoo-web", "10.88.0.5", "1");
    put("traefik.io/v1alpha1", "TraefikService", "odoo",
        Json::parse(R"({"spec":{"weighted":{}}})"));
    weigh({{"odoo-web", 100}});
    put("traefik.io/v1alpha1", "IngressRoute", "odoo", Json::parse(R"json({"spec":{
      "entryPoints":["web"],"routes":[{"kind":"Rule",
      "match":"HostRegexp(`^[a-z0-9-]+\\.shop\\.example$`)",
      "services":[{"kind":"TraefikService","name":"odoo"}]}]}})json"));
    pass(std::chrono::seconds{10});
  }

  void put(const std::string& api, const std::string& kind, const std::string& name, Json object) {
    object["apiVersion"] = api;
    object["kind"] = kind;
    object["metadata"]["name"] = name;
    object["metadata"]["namespace"] = "pool";
    objects.put(std::move(object));
  }

  /// A Pod, with all the others of that Service as its endpoints.
  void add_pod(const std::string& service, const std::string& address, const std::string& version) {
    pods.add(address, version);
    addresses[service].emplace_back(address, false);
    set_endpoints(service, addresses[service]);
  }

  /// Address, and whether it is terminating.
  void set_endpoints(const std::string& service,
                     const std::vector<std::pair<std::string, bool>>& endpoints) {
    Json slice = Json::parse(R"({"addressType":"IPv4","ports":[{"name":"http","port":8069}]})");
    slice["metadata"]["labels"]["kubernetes.io/service-name"] = service;
    slice["endpoints"] = Json::array();
    for (const auto& [address, leaving] : endpoints) {
      Json endpoint = Json::object();
      endpoint["addresses"] = Json::array({address});
      endpoint["conditions"] = {{"ready", !leaving}, {"serving", true}, {"terminating", leaving}};
      slice["endpoints"].push_back(endpoint);
    }
    put("discovery.k8s.io/v1", "EndpointSlice", service + "-1", slice);
  }

  void weigh(const std::vector<std::pair<std::string, int>>& children) {
    Json services = Json::array();
    for (const auto& [name, weight] : children)
      services.push_back({{"name", name}, {"port", 8069}, {"weight", weight}});
    Json patch = Json::object();
    patch["spec"]["weighted"]["services"] = services;
    objects.edit(route, patch);
  }

  Served ask(const std::string& path, const std::string& host = "alma.shop.example",
             const std::string& cookie = "") {
    HttpRequest request;
    request.url = "http://10.88.9.2:8000" + path;
    request.headers = {{"Host", host}};
    if (!cookie.empty()) request.headers.emplace_back("Cookie", cookie);
    return proxies.serve("traefik-1", request);
  }

  void pass(Instant time) { world.advance_to(world.now() + time); }

  const ObjectRef route{"traefik.io/v1alpha1", "TraefikService", "pool", "odoo"};
  World world;
  Objects objects{world};
  ScriptedPods pods;
  ScriptedPrograms programs;
  Proxies proxies{world, objects, pods, programs, {}};
  std::map<std::string, std::vector<std::pair<std::string, bool>>> addresses;
};

}  // namespace ostler::lab
