# SPDX-License-Identifier: Apache-2.0
#
# cmake -DPROGRAM=… -DPAGE=… -P shown_output.cmake: the page has, word for word,
# what the program prints.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}")
endif()
file(READ ${PAGE} text)
string(FIND "${text}" "${printed}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "${PAGE} shows another output than this one:\n${printed}")
endif()
