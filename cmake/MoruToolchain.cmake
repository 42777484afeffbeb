# Compiler flags, sanitizers, and the two tools that make a rebuild quick where they are present.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports impossible overlaps and dangling reads inside libstdc++ when it inlines strings.
  add_compile_options(-Wno-restrict -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow -Wno-maybe-uninitialized)
endif()
# The same scenario must give the same bytes on every compiler: no fused multiply-add by surprise.
add_compile_options(-ffp-contract=off)

# -O3 buys nothing measurable here over -O2 and costs a third of the build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer)
endif()

if(MORU_SANITIZE)
  add_compile_options(-fsanitize=${MORU_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MORU_SANITIZE})
endif()
if(MORU_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Sloppiness is what ccache's manual asks for with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)
  endif()
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
