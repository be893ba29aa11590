// SPDX-License-Identifier: Apache-2.0
namespace netpoll {
namespace {

int hidden(int a) { return a - 1; }

}  // namespace

class Elsewhere {
 public:
  Elsewhere() : value_(hidden(1)) {}
  int value() const { return value_; }

 private:
  int value_;
};

int elsewhere() { return Elsewhere().value(); }

}  // namespace netpoll
