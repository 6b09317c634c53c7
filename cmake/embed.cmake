# Puts the files of a folder into the program. Included, it defines a function; run by `cmake -P` as a build step, it writes
# the C++ file: needing no other interpreter, it works wherever the program can be built.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
  list(SORT files)
  set(data "")
  set(table "")
  set(number 0)
  foreach(name ${files})
    file(READ ${FOLDER}/${name} bytes HEX)
    string(LENGTH "${bytes}" length)
    math(EXPR length "${length} / 2")
    # A C++ array holds at least one element.
    string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${bytes}00")
    string(APPEND data "const char file_${number}[] = {${bytes}};\n")
    string(APPEND table "    {\"${name}\", {file_${number}, ${length}}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE ${OUTPUT}.new "// Made from the files in ${FOLDER} when the program is built.
#include \"lab/embedded.hpp\"

namespace ostler::lab {
namespace {

${data}
const EmbeddedFile files[] = {
${table}};

}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}() {
  return files;
}

}  // namespace ostler::lab
")
  file(RENAME ${OUTPUT}.new ${OUTPUT})
  return()
endif()

set(OSTLER_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

# Adds to `target` what `src/lab/embedded.hpp` declares as `function`: the files below `folder`.
function(ostler_embed target function folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*)
  set(output ${CMAKE_BINARY_DIR}/embedded/${function}.cpp)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/embedded)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DFUNCTION=${function} -DOUTPUT=${output} -P ${OSTLER_EMBED_SCRIPT}
    DEPENDS ${files} ${OSTLER_EMBED_SCRIPT} COMMENT "Embedding ${folder}" VERBATIM)
  target_sources(${target} PRIVATE ${output})
  # Every such file calls its data by the same names.
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

ostler_embed(ostler_lab embedded_images ${CMAKE_SOURCE_DIR}/tests/stack/shop/image)
ostler_embed(ostler_lab embedded_examples ${CMAKE_SOURCE_DIR}/examples/lab)
