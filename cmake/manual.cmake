# The manual pages: every man/*.scd is built with scdoc and installed. Without scdoc the program is built without them.
find_program(SCDOC scdoc)
if(NOT SCDOC)
  message(STATUS "scdoc not found: the manual pages are not built")
  return()
endif()

file(GLOB manual_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/*.scd)
set(manual_pages "")
foreach(source ${manual_sources})
  cmake_path(GET source STEM LAST_ONLY page)                # ostler.1.scd -> ostler.1
  string(REGEX REPLACE ".*\\." "" section ${page})
  set(output ${CMAKE_BINARY_DIR}/man/man${section}/${page})
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man/man${section}
    COMMAND ${SCDOC} < ${source} > ${output}.new
    COMMAND ${CMAKE_COMMAND} -E rename ${output}.new ${output}
    DEPENDS ${source} COMMENT "Manual page ${page}" VERBATIM)
  list(APPEND manual_pages ${output})
  install(FILES ${output} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
add_custom_target(manual ALL DEPENDS ${manual_pages})
