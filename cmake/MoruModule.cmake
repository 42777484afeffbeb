# moru_module(NAME [LIBRARIES ...]): the OBJECT library of src/moru/NAME, without its tests and main.
# moru_link(TARGET): everything, for an executable.
set_property(GLOBAL PROPERTY MORU_MODULES "")
set_property(GLOBAL PROPERTY MORU_LIBRARIES Threads::Threads)

# moru_define(FILES... NAME VALUE): a macro for those of the files alone that use it, so that a compiler
# cache serves every checkout.
function(moru_define)
  cmake_parse_arguments(ARG "" "NAME;VALUE" "" ${ARGN})
  foreach(file IN LISTS ARG_UNPARSED_ARGUMENTS)
    file(STRINGS ${file} uses REGEX "${ARG_NAME}" LIMIT_COUNT 1)
    if(uses)
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_DEFINITIONS "${ARG_NAME}=\"${ARG_VALUE}\"")
    endif()
  endforeach()
endfunction()

function(moru_module name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/moru/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(moru_${name} OBJECT ${sources})
  target_include_directories(moru_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  get_property(libraries GLOBAL PROPERTY MORU_LIBRARIES)
  list(APPEND libraries ${ARG_LIBRARIES})
  set_property(GLOBAL PROPERTY MORU_LIBRARIES ${libraries})
  target_link_libraries(moru_${name} PUBLIC ${libraries})
  moru_define(${sources} NAME MORU_SOURCE_DIR VALUE "${CMAKE_SOURCE_DIR}")
  moru_define(${sources} NAME MORU_INSTALL_DATA VALUE "${CMAKE_INSTALL_PREFIX}/share/moru/data")
  # Half of the time of a file is spent in these headers.
  if(name STREQUAL "base")
    target_precompile_headers(moru_base PRIVATE
      <algorithm> <array> <cmath> <cstdint> <functional> <map> <memory> <optional> <span> <string>
      <string_view> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)
  else()
    target_precompile_headers(moru_${name} REUSE_FROM moru_base)
  endif()
  set_property(GLOBAL APPEND PROPERTY MORU_MODULES ${name})
endfunction()

function(moru_link target)
  get_property(modules GLOBAL PROPERTY MORU_MODULES)
  get_property(libraries GLOBAL PROPERTY MORU_LIBRARIES)
  foreach(module IN LISTS modules)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:moru_${module}>)
  endforeach()
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE ${libraries})
endfunction()
