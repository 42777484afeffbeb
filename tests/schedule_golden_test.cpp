// The engine takes the decisions of the golden step logs, all of them.
#include "moru/base/catalogue.h"
#include "moru/base/file.h"
#include "moru/validation/schedule.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace moru {
namespace {

class GoldenSchedule : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = measured_data_root() + "/golden_sched";
    if (!file_exists(folder_ + "/manifest.csv")) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << folder_ << " is missing";
      GTEST_SKIP() << "SKIP: golden step logs are not at " << folder_;
    }
  }
  std::string folder_;
};

TEST_F(GoldenSchedule, EveryStepOfEveryCaseIsIdentical) {
  const std::vector<ScheduleComparison> cases = validate_schedules(folder_, "");
  EXPECT_GE(cases.size(), 300U);
  for (const ScheduleComparison& one : cases) {
    EXPECT_EQ(one.differences, 0) << one.name << ": " << one.first_difference;
    EXPECT_GT(one.steps, 0) << one.name;
  }
}

TEST_F(GoldenSchedule, AChangedSettingIsNoticed) {
  // The comparison itself must be able to fail: a smaller budget cannot reproduce the log.
  ScheduleCase changed;
  changed.config.block_size = 4;
  changed.config.blocks = 7;
  changed.config.max_num_seqs = 3;
  changed.config.max_num_batched_tokens = 12;
  changed.config.async_scheduling = false;
  changed.trace.segments = {{0, 10}};
  changed.trace.requests = {{0, 10, 4, 0, 1}};
  changed.outputs = {{0, 10}};
  changed.follow_ups.resize(1);
  const ScheduleLog expected = run_schedule(changed);
  changed.config.max_num_batched_tokens = 5;
  const ScheduleComparison comparison =
      compare_schedules("changed", expected, run_schedule(changed));
  EXPECT_GT(comparison.differences, 0);
  EXPECT_FALSE(comparison.first_difference.empty());
}

}  // namespace
}  // namespace moru
