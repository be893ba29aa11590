// SPDX-License-Identifier: Apache-2.0
//
// No test asks a name server: a made-up lookup answers, or /etc/hosts.
#include "netpoll/os/resolver.h"

#include <gtest/gtest.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>

#include "support/error_of.h"
#include "support/net.h"

namespace netpoll::os {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::eventually;
using test::soon;

Address address_of(const std::string& text) {
  return *Address::parse("tcp", text);
}

Lookup must_not_be_asked() {
  return [](std::string_view, const HostPort& name) -> Result<Addresses> {
    ADD_FAILURE() << name.host << " was looked up";
    return fail(Errc::invalid_argument);
  };
}

Lookup answering(Result<Addresses> answer) {
  return [answer](std::string_view, const HostPort&) { return answer; };
}

TEST(Resolver, AnAddressIsItselfAndNobodyIsAsked) {
  const auto found = resolve("tcp", "[::1]:80", soon(), must_not_be_asked());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().to_string(), "[::1]:80");
}

TEST(Resolver, AUnixPathIsItselfWhateverItLooksLike) {
  const auto found =
      resolve("unix", "/tmp/localhost:80", soon(), must_not_be_asked());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().to_string(), "/tmp/localhost:80");
}

TEST(Resolver, AsksForHostAndPortOfTheNetwork) {
  const Lookup lookup = [](std::string_view network, const HostPort& name) {
    EXPECT_EQ(network, "tcp4");
    EXPECT_EQ(name.host, "example");
    EXPECT_EQ(name.port, "http");
    return Result<Addresses>(Addresses{address_of("10.0.0.1:80")});
  };
  const auto found = resolve("tcp4", "example:http", kNever, lookup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().to_string(), "10.0.0.1:80");
}

TEST(Resolver, ANumericHostWithAServicesNameIsLookedUp) {
  const auto found = resolve("tcp", "127.0.0.1:http", kNever,
                             answering(Addresses{address_of("127.0.0.1:80")}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().port(), 80);
}

struct Bad {
  std::string network;
  std::string text;
  Errc error;
};

class ResolverBad : public testing::TestWithParam<Bad> {};

TEST_P(ResolverBad, IsRefusedAndNobodyIsAsked) {
  const auto found =
      resolve(GetParam().network, GetParam().text, soon(), must_not_be_asked());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), GetParam().error);
  EXPECT_EQ(check_form(GetParam().network, GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Resolver, ResolverBad,
    testing::Values(Bad{"udp", "localhost:80", Errc::unknown_network},
                    Bad{"TCP", "localhost:80", Errc::unknown_network},
                    Bad{"tcp", "localhost", Errc::missing_port},
                    Bad{"tcp", "localhost:", Errc::missing_port},
                    Bad{"tcp", "localhost:65536", Errc::bad_port},
                    Bad{"tcp", "localhost:-1", Errc::bad_port},
                    Bad{"tcp", "127.0.0.1:65536", Errc::bad_port},
                    Bad{"tcp", "a:b:80", Errc::bad_host},
                    Bad{"tcp", std::string("a\0b:80", 6), Errc::bad_host},
                    Bad{"tcp4", "[::1]:80", Errc::bad_host},
                    Bad{"tcp6", "127.0.0.1:80", Errc::bad_host},
                    Bad{"unix", std::string("a\0b", 3), Errc::bad_path},
                    Bad{"unix", "", Errc::bad_path}));

TEST(Resolver, TheFormOfANameIsCheckedWithoutAskingAnybody) {
  EXPECT_FALSE(check_form("tcp", "no-such-host.invalid:http"));
  EXPECT_FALSE(check_form("tcp", "[::1]:80"));
  EXPECT_FALSE(check_form("unix", "/tmp/s"));
}

TEST(Resolver, KeepsTheOrderOfTheAnswer) {
  const Addresses two{address_of("10.0.0.2:80"), address_of("10.0.0.1:80")};
  const auto found = resolve("tcp", "example:80", soon(), answering(two));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].to_string(), "10.0.0.2:80");
  EXPECT_EQ((*found)[1].to_string(), "10.0.0.1:80");
}

TEST(Resolver, PassesOnWhyALookupFailed) {
  const std::error_code why(EAI_AGAIN, resolve_category());
  const Lookup lookup = answering(fail(why));
  EXPECT_EQ(error_of(resolve("tcp", "example:80", kNever, lookup)), why);
  EXPECT_EQ(error_of(resolve("tcp", "example:80", soon(), lookup)), why);
}

TEST(Resolver, ANameWithoutAddressesIsUnknown) {
  const auto found = resolve("tcp", "example:80", kNever, answering({}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), std::error_code(EAI_NONAME, resolve_category()));
}

// Hangs until told to go on.
struct Silent {
  std::latch go_on{1};
  std::atomic<int> answered{0};
};

TEST(Resolver, OneThatNeverAnswersIsLeftBehind) {
  Silent silent;
  const auto kept = std::make_shared<int>();  // by each copy of the lookup
  const Lookup lookup = [&, kept](std::string_view, const HostPort&) {
    silent.go_on.wait();
    ++silent.answered;
    return Result<Addresses>(Addresses{address_of("10.0.0.1:80")});
  };
  const auto deadline = Deadline::clock::now() + milliseconds(20);
  const auto found = resolve("tcp", "example:80", deadline, lookup);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), Errc::dial_timeout);
  EXPECT_EQ(silent.answered, 0);

  silent.go_on.count_down();  // it ends by itself, and frees what it held
  EXPECT_TRUE(eventually([&] { return kept.use_count() == 2; }));
  EXPECT_EQ(silent.answered, 1);
}

TEST(Resolver, ADeadlineThatHasPassedIsATimeout) {
  Silent silent;
  const auto kept = std::make_shared<int>();
  const Lookup lookup = [&, kept](std::string_view, const HostPort&) {
    silent.go_on.wait();
    return Result<Addresses>(Addresses{});
  };
  EXPECT_EQ(error_of(resolve("tcp", "a:80", Deadline::clock::now(), lookup)),
            Errc::dial_timeout);
  silent.go_on.count_down();
  EXPECT_TRUE(eventually([&] { return kept.use_count() == 2; }));
}

TEST(Resolver, TheSystemKnowsLocalhost) {
  const test::FdsBalance balance;
  const auto found = resolve("tcp4", "localhost:8080", kNever);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->front().to_string(), "127.0.0.1:8080");
}

TEST(Resolver, TheSystemAnswersWithinADeadlineToo) {
  const test::FdsBalance balance;
  const auto found = resolve("tcp4", "localhost:8080", soon());
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->front().to_string(), "127.0.0.1:8080");
}

TEST(Resolver, TheSystemKnowsServicesByName) {
  if (::getservbyname("http", "tcp") == nullptr) {  // NOLINT(concurrency-*)
    GTEST_SKIP() << "this machine has no /etc/services";
  }
  EXPECT_EQ(resolve("tcp", "127.0.0.1:http", kNever)->front().port(), 80);
}

// Neither reaches a name server: no service and no host is called like that.
TEST(Resolver, WhatTheSystemDoesNotKnowHasACodeAndAText) {
  const auto service = resolve("tcp", "127.0.0.1:no-such-service", kNever);
  ASSERT_FALSE(service);
  EXPECT_EQ(service.error().category(), resolve_category());
  EXPECT_EQ(service.error().value(), EAI_SERVICE);
  const auto host = resolve("tcp", "a..b:80", kNever);
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error(), std::error_code(EAI_NONAME, resolve_category()));
  EXPECT_EQ(host.error().message(),
            "name resolution: Name or service not known");
}

}  // namespace
}  // namespace netpoll::os
