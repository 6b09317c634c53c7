# Puts the schema and content of the lab's tenants into the program.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/lab/shop/tenant.sql)
file(READ ${CMAKE_SOURCE_DIR}/src/lab/shop/tenant.sql OSTLER_TENANT_SQL)
configure_file(${CMAKE_SOURCE_DIR}/src/lab/shop/tenant_sql.cpp.in ${CMAKE_BINARY_DIR}/tenant_sql.cpp @ONLY)
unset(OSTLER_TENANT_SQL)
target_sources(ostler_lab PRIVATE ${CMAKE_BINARY_DIR}/tenant_sql.cpp)
