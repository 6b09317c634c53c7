# The libraries, all from Debian 12 (see ../packages). Which layer may see which stands in layers.cmake.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
# Archives where there are some: every shared library is loaded whenever ostler starts. These three took a quarter of that
# time; most of it libarchive's, which as a shared library brings XML and Unicode for formats that nobody reads here.
find_library(PQXX_ARCHIVE libpqxx.a REQUIRED)
set_target_properties(PkgConfig::PQXX PROPERTIES INTERFACE_LINK_LIBRARIES ${PQXX_ARCHIVE})
find_library(YAML_ARCHIVE libyaml-cpp.a REQUIRED)
find_library(ARCHIVE_ARCHIVE libarchive.a REQUIRED)
find_library(ACL_LIBRARY acl REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
# Debian's hiredis.pc asks for 64-bit file offsets, which every machine here has anyway; the extra definition would keep
# the precompiled header from being used.
set_target_properties(PkgConfig::HIREDIS PROPERTIES INTERFACE_COMPILE_OPTIONS "")
