// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "twice.h"

int main() {
  int number = 0;
  while (std::scanf("%d", &number) == 1)
    std::printf("%d\n", twice(number));
}
