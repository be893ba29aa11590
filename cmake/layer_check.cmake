# SPDX-License-Identifier: Apache-2.0
#
# cmake -DDIR=src/netpoll/poller "-DMAY=poller;base;os" [-DSTAMP=file] -P layer_check.cmake
# Fails when a file of DIR includes a folder that is not in MAY.
cmake_policy(VERSION 3.25)
file(GLOB files ${DIR}/*.h ${DIR}/*.cpp)
set(bad "")
foreach(file IN LISTS files)
  file(STRINGS ${file} includes REGEX "^[ \t]*#[ \t]*include[ \t]+\"")
  foreach(line IN LISTS includes)
    if(NOT line MATCHES "\"netpoll/([a-z_]+)/[^/\"]+\"")
      string(APPEND bad "${file}: write \"netpoll/folder/file.h\" in ${line}\n")
    elseif(NOT CMAKE_MATCH_1 IN_LIST MAY)
      string(APPEND bad "${file}: includes ${CMAKE_MATCH_1}/, but may only include: ${MAY}\n")
    endif()
  endforeach()
endforeach()
if(bad)
  message(FATAL_ERROR "Layer violation (layers: src/CMakeLists.txt)\n${bad}")
endif()
if(STAMP)
  file(TOUCH ${STAMP})
endif()
