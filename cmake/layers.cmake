# One static library per layer; a layer links only what it may see. The order here is the order of the layers.
# tests/tidy checks the #include lines, since all headers lie in one system folder and linking alone cannot.
function(ostler_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  add_library(ostler_${name} STATIC ${sources})
  target_link_libraries(ostler_${name} PUBLIC ${ARGN} PRIVATE ostler_settings)
  target_include_directories(ostler_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  # Kinds repeat names on purpose: each file stands alone.
  if(name MATCHES "checks|steps|gates")
    set_target_properties(ostler_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  if(name STREQUAL "base")
    target_precompile_headers(ostler_base PRIVATE ${CMAKE_SOURCE_DIR}/src/base/precompiled.hpp)
  else()
    target_precompile_headers(ostler_${name} REUSE_FROM ostler_base)
  endif()
endfunction()

# The libraries that only this layer may see.
function(ostler_uses name)
  target_link_libraries(ostler_${name} PRIVATE ${ARGN})
endfunction()

ostler_layer(base fmt::fmt nlohmann_json::nlohmann_json OpenSSL::Crypto Threads::Threads)
ostler_layer(config ostler_base)
ostler_uses(config yaml-cpp)
ostler_layer(transport ostler_base)
ostler_uses(transport CURL::libcurl PkgConfig::PQXX PkgConfig::PQ PkgConfig::HIREDIS OpenSSL::SSL)
ostler_layer(systems ostler_transport ostler_config)
ostler_uses(systems LibArchive::LibArchive)
ostler_layer(model ostler_systems)
ostler_layer(checks ostler_model)
ostler_layer(steps ostler_model)
ostler_layer(gates ostler_model)
ostler_layer(survey ostler_model)
ostler_layer(engine ostler_model)
ostler_layer(view ostler_engine)
# The simulated platform stands beside: it speaks the systems' wire formats and knows nothing of releases.
ostler_layer(lab ostler_systems)
ostler_uses(lab PkgConfig::HTTPLIB)
# Its parts know nothing of each other and repeat names: in a unity build only files of one part are joined. The few that
# repeat names within a part stand in no group and are compiled alone.
set(lab_parts
  "(api_|objects|field_|list_rules|selectors|strategic_merge|json_fields|object_parts)"
  "(kubernetes_|protobuf)"
  "(cluster|deployment|replica_|jobs|job_|endpoints|autoscalers|disruption|scheduler|probes|pod_index|reactions|rollout|quantities)"
  "(proxy_|proxies|metrics)"
  "shop(_|\\.)"
  "(registry_|images|tar|byte_range|credentials|times)"
  "(s3_|prometheus_)"
  "promql_"
  "(module_|odoo_process|order_statements|sql_|schema_)"
  "(world|door|pace|altered_images|troubled|platform|scrapes|manifests)")
get_target_property(lab_sources ostler_lab SOURCES)
foreach(source ${lab_sources})
  cmake_path(GET source FILENAME name)
  set(number 0)
  foreach(part ${lab_parts})
    math(EXPR number "${number} + 1")
    if(name MATCHES "^${part}")
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP "lab_${number}")
      break()
    endif()
  endforeach()
endforeach()
set_target_properties(ostler_lab PROPERTIES UNITY_BUILD_MODE GROUP)
ostler_layer(cli ostler_view ostler_checks ostler_steps ostler_gates ostler_survey ostler_lab)
