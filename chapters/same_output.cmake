# SPDX-License-Identifier: Apache-2.0
#
# cmake -D PROGRAM=… -D EXPECTED=FILE -P same_output.cmake
# Fails unless the program ends with 0 within 30 s and prints what FILE holds.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed RESULT_VARIABLE ended TIMEOUT 30)
file(READ ${EXPECTED} expected)
if(NOT ended EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${ended}, and printed:\n${printed}")
endif()
if(NOT printed STREQUAL expected)
  message(FATAL_ERROR "${PROGRAM} printed:\n${printed}not what ${EXPECTED} holds:\n${expected}")
endif()
