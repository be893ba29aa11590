# SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` adds to the layers' own rules, so that another project
# says find_package(netpoll) and links netpoll::netpoll. Included at the end of
# src/CMakeLists.txt; tests/tools/test_package.py builds such a project.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/netpoll)

install(TARGETS netpoll EXPORT netpollTargets
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT netpollTargets NAMESPACE netpoll:: DESTINATION ${package_dir})

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/netpollConfig.cmake.in
  ${PROJECT_BINARY_DIR}/netpollConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/netpollConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/netpollConfig.cmake
  ${PROJECT_BINARY_DIR}/netpollConfigVersion.cmake
  DESTINATION ${package_dir})
