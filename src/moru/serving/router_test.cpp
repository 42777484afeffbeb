#include "moru/serving/router.h"

#include "moru/base/registry.h"
#include "moru/serving/testing.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

namespace moru {
namespace {

// Replicas that stand still: what is sent to them waits.
class Still {
 public:
  Still(const std::string& router, std::size_t replicas) : router_(make(router)) {
    input_.trace = &trace_;
    for (std::size_t i = 0; i < replicas; ++i) {
      fleet_.push_back(std::make_unique<Replica>(config_, input_, timer_, log_, false));
      up_.push_back(i);
    }
  }

  std::size_t send(std::vector<PromptSegment> prompt, std::int32_t session = -1) {
    Request request;
    request.output_tokens = 1;
    request.first_segment = static_cast<std::int32_t>(trace_.segments.size());
    request.num_segments = static_cast<std::int32_t>(prompt.size());
    request.session = session;
    for (const PromptSegment& segment : prompt) {
      request.prompt_tokens += segment.length;
      trace_.segments.push_back(segment);
    }
    trace_.requests.push_back(request);
    const std::size_t chosen = router_->choose({fleet_, up_, trace_}, request);
    fleet_[chosen]->push(static_cast<std::int64_t>(trace_.requests.size() - 1), 0);
    return chosen;
  }
  // A prompt that nobody shares.
  std::size_t send_own(std::int32_t tokens, std::int32_t session = -1) {
    return send({{1000 + static_cast<std::int64_t>(trace_.requests.size()), tokens}}, session);
  }
  void take_down(std::size_t replica) {
    up_.erase(std::find(up_.begin(), up_.end(), replica));
    router_->forget(replica);
  }
  void bring_up(std::size_t replica) {
    up_.insert(std::lower_bound(up_.begin(), up_.end(), replica), replica);
  }

 private:
  static std::unique_ptr<Router> make(const std::string& name) {
    return Registry<Router>::make(name, "router");
  }

  EngineConfig config_ = testing::small_engine(1000);
  Trace trace_;
  ServiceInput input_;
  testing::ConstantTimer timer_;
  testing::StepLog log_;
  std::vector<std::unique_ptr<Replica>> fleet_;
  std::vector<std::size_t> up_;
  std::unique_ptr<Router> router_;
};

TEST(ShortestQueue, CountsWaitingTokensNotRequests) {
  Still fleet("shortest_queue", 2);
  EXPECT_EQ(fleet.send_own(100), 0U);
  EXPECT_EQ(fleet.send_own(30), 1U);
  EXPECT_EQ(fleet.send_own(30), 1U);
  EXPECT_EQ(fleet.send_own(30), 1U);
  EXPECT_EQ(fleet.send_own(30), 1U);  // 120 tokens against 100
  EXPECT_EQ(fleet.send_own(30), 0U);
}

TEST(PrefixAware, FollowsPrefixesOfMoreThanThreeTenths) {
  Still fleet("prefix_aware", 2);
  EXPECT_EQ(fleet.send({{1, 100}, {11, 100}}), 0U);
  EXPECT_EQ(fleet.send({{2, 100}, {12, 100}}), 1U);  // nothing shared: the idler one
  EXPECT_EQ(fleet.send({{2, 100}, {13, 100}}), 1U);
  EXPECT_EQ(fleet.send({{2, 61}, {14, 139}}), 1U);  // 61 of 200
  EXPECT_EQ(fleet.send({{2, 60}, {15, 140}}), 0U);  // 60 of 200: the idler one
}

// Three tenths and more are shared each time, so all follow the first until replica 0 has 65
// requests and replica 1 none: more than 64 apart, and more than one and a half times.
TEST(PrefixAware, StopsWhereTheLoadsPart) {
  Still fleet("prefix_aware", 2);
  for (int i = 0; i < 65; ++i) {
    EXPECT_EQ(fleet.send({{1, 10}}), 0U) << i;
  }
  EXPECT_EQ(fleet.send({{1, 10}}), 1U);
}

TEST(PrefixAware, DoesNotFollowAPrefixToAReplicaThatIsDown) {
  Still fleet("prefix_aware", 3);
  EXPECT_EQ(fleet.send({{1, 100}}), 0U);
  EXPECT_EQ(fleet.send_own(100), 1U);
  fleet.take_down(0);
  EXPECT_EQ(fleet.send({{1, 100}}), 2U);
  fleet.bring_up(0);
  EXPECT_EQ(fleet.send({{1, 100}}), 2U);  // what 0 knew is gone
}

// Blocks of four tokens. The second prompt: replica 0 would compute 8 of 24 tokens behind 16 that
// wait, and allocate 8: 32; replica 1 all 24 and allocate 24: 48. The third, 24 tokens of which 4
// are known: 0 has 16 + 24 waiting, 20 to compute, 20 to allocate: 80; 1: 24 + 24 = 48.
TEST(KvAware, WeighsWhatIsCachedAgainstWhatWaits) {
  Still fleet("kv_aware", 2);
  EXPECT_EQ(fleet.send({{1, 16}}), 0U);
  EXPECT_EQ(fleet.send({{1, 16}, {2, 8}}), 0U);
  EXPECT_EQ(fleet.send({{1, 4}, {3, 20}}), 1U);
}

TEST(SessionSticky, KeepsASessionAndMovesOnlyThoseOfAReplicaThatLeaves) {
  Still fleet("session_sticky", 8);
  std::vector<std::size_t> home;
  for (std::int32_t session = 0; session < 400; ++session) {
    home.push_back(fleet.send_own(5, session));
  }
  EXPECT_EQ(std::set<std::size_t>(home.begin(), home.end()).size(), 8U);
  fleet.take_down(3);
  for (std::int32_t session = 0; session < 400; ++session) {
    const std::size_t now = fleet.send_own(5, session);
    EXPECT_NE(now, 3U);
    if (home[static_cast<std::size_t>(session)] != 3) {
      EXPECT_EQ(now, home[static_cast<std::size_t>(session)]);
    }
  }
  fleet.bring_up(3);
  for (std::int32_t session = 0; session < 400; ++session) {
    EXPECT_EQ(fleet.send_own(5, session), home[static_cast<std::size_t>(session)]);
  }
}

}  // namespace
}  // namespace moru
