# SPDX-License-Identifier: Apache-2.0
#
# netpoll_layer(NAME DEPENDS folders… SOURCES files…): one folder of src/netpoll/ as one
# static library, netpoll::NAME (`./learn check mutants` builds them SHARED: it replaces
# one at a time). DEPENDS is the whole of what its files may
# include; cmake/layer_check.cmake reads it and fails the build otherwise.
include(GNUInstallDirs)

add_library(netpoll_flags INTERFACE)
target_compile_features(netpoll_flags INTERFACE cxx_std_23)
target_compile_options(netpoll_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
if(NETPOLL_SANITIZE)
  target_compile_options(netpoll_flags INTERFACE
    -fsanitize=${NETPOLL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # Its check opens a pipe, and so cries wolf when no descriptor is left.
    -fno-sanitize=vptr)
  target_link_options(netpoll_flags INTERFACE -fsanitize=${NETPOLL_SANITIZE})
endif()
if(NETPOLL_FUZZ)
  # libFuzzer's counters, so that it learns which lines an input has reached.
  target_compile_options(netpoll_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

set(NETPOLL_LAYER_TYPE STATIC CACHE STRING "What a layer is: STATIC or SHARED")
set_property(GLOBAL PROPERTY NETPOLL_LAYERS "")

function(netpoll_layer name)
  cmake_parse_arguments(layer "" "" "DEPENDS;SOURCES" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/netpoll/${name})
  file(GLOB headers CONFIGURE_DEPENDS ${dir}/*.h)
  list(TRANSFORM layer_SOURCES PREPEND netpoll/${name}/)

  set(target netpoll_${name})
  add_library(${target} ${NETPOLL_LAYER_TYPE} ${layer_SOURCES})
  add_library(netpoll::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} CXX_EXTENSIONS OFF VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(${target} PUBLIC FILE_SET HEADERS
    BASE_DIRS $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}> FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:netpoll_flags>)
  foreach(dep IN LISTS layer_DEPENDS)
    target_link_libraries(${target} PUBLIC netpoll_${dep})
  endforeach()
  install(TARGETS ${target} EXPORT netpollTargets
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  set_property(GLOBAL APPEND PROPERTY NETPOLL_LAYERS ${target})
  netpoll_check_layer(${name} "${layer_DEPENDS}")
endfunction()

# Runs before anything of the layer compiles, again whenever a file changes.
function(netpoll_check_layer name depends)
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/netpoll/${name})
  file(GLOB files CONFIGURE_DEPENDS ${dir}/*.h ${dir}/*.cpp)
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/${name}.layer)
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -DDIR=${dir} "-DMAY=${name};${depends}" -DSTAMP=${stamp}
            -P ${PROJECT_SOURCE_DIR}/cmake/layer_check.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/layer_check.cmake
    COMMENT "Checking the includes of src/netpoll/${name}" VERBATIM)
  add_custom_target(netpoll_${name}_layer DEPENDS ${stamp})
  add_dependencies(netpoll_${name} netpoll_${name}_layer)
endfunction()
