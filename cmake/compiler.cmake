# How every target is compiled: warnings, sanitizers, the compiler cache.
find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header is reused across checkouts, so its time stamps must not count.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_library(ostler_settings INTERFACE)
target_include_directories(ostler_settings INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_options(ostler_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion
  -Wno-sign-conversion -Wformat=2 -Wundef -fpch-preprocess -fstack-protector-strong)
if(OSTLER_DEVELOPER)
  target_compile_options(ostler_settings INTERFACE -Werror)
endif()
target_compile_definitions(ostler_settings INTERFACE OSTLER_VERSION="${PROJECT_VERSION}")
if(OSTLER_SANITIZE)
  # g++ 12 takes what the sanitizers add to std::regex for uninitialised memory (GCC bug 105562).
  target_compile_options(ostler_settings INTERFACE
    -fsanitize=${OSTLER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  # What UBSan says about a bad pointer AddressSanitizer says when it is used, at half the time to compile.
  if(OSTLER_SANITIZE MATCHES "undefined")
    target_compile_options(ostler_settings INTERFACE
      -fno-sanitize=null,alignment,object-size,vptr,pointer-overflow,nonnull-attribute,returns-nonnull-attribute)
  endif()
  target_link_options(ostler_settings INTERFACE -fsanitize=${OSTLER_SANITIZE})
endif()
if(OSTLER_COVERAGE)
  target_compile_options(ostler_settings INTERFACE --coverage)
  target_link_options(ostler_settings INTERFACE --coverage)
endif()
