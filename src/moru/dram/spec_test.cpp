#include "moru/dram/spec.h"

#include "moru/base/catalogue.h"
#include "moru/base/file.h"
#include "moru/base/testing.h"
#include "moru/dram/channel.h"
#include "moru/dram/energy.h"
#include "moru/dram/formula.h"
#include "moru/dram/trace_file.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace moru {
namespace {

std::int64_t value_of(std::string_view name) { return name == "nRL" ? 40 : 7; }

TEST(DramFormula, FollowsPrecedenceAndNames) {
  EXPECT_EQ(evaluate_formula("nRL + 2 * nX - 4", value_of), 50);
  EXPECT_EQ(evaluate_formula("2 * (nX + 1)", value_of), 16);
  EXPECT_EQ(evaluate_formula("max(nRL, nX) - max(1, 2)", value_of), 38);
}

TEST(DramFormula, SaysWhatIsWrong) {
  for (const char* bad :
       {"", "nRL +", "(nRL", "nRL nX", "max(1)", "1 / 2", "99999999999999999999"}) {
    EXPECT_NE(
        testing::error_of([&] { evaluate_formula(bad, value_of); }).find("expected at character"),
        std::string::npos)
        << bad;
  }
}

TEST(DramSpec, EveryShippedPartLoadsInBothModes) {
  const std::vector<std::string> ids = catalogue_ids(kDramParts);
  EXPECT_GE(ids.size(), 25U);
  for (const std::string& id : ids) {
    const DramSpec strict = load_dram_spec(id);
    const DramSpec reference = load_dram_spec(id, {SpecMode::ramulator2, 0});
    EXPECT_GT(strict.constraints.size(), reference.constraints.size()) << id;
    EXPECT_NE(strict.hash, reference.hash) << id;
    EXPECT_EQ(load_energy_table(strict.generation).generation, strict.generation) << id;
    for (const auto& [name, value] : strict.timing) {
      EXPECT_FALSE(value.source.empty()) << id << " " << name;
    }
  }
}

// JESD238 and the product briefs: 819.2 GB/s a stack of HBM3-6400, 1178 of HBM3E-9200, 2048 of
// HBM4.
TEST(DramSpec, PeaksAreThoseOfTheDatasheets) {
  const auto stack_gb = [](const char* id) {
    const DramSpec spec = load_dram_spec(id);
    return spec.peak_bytes_per_second() * spec.channels * 1e-9;
  };
  EXPECT_NEAR(stack_gb("hbm2e-3.2"), 409.6, 0.01);
  EXPECT_NEAR(stack_gb("hbm3-6.4"), 819.2, 0.01);
  EXPECT_NEAR(stack_gb("hbm3e-9.2"), 1177.6, 0.01);
  EXPECT_NEAR(stack_gb("hbm4-8.0"), 2048, 0.01);
  EXPECT_NEAR(stack_gb("gddr7-32"), 128, 0.01);
  EXPECT_NEAR(stack_gb("ddr5-6.4"), 51.2, 0.01);
}

TEST(DramSpec, MinimaRoundUpAndMaximaDown) {
  // At 5200 MT/s a clock of HBM3 is 0.76923 ns: 45 ns are 58.5 clocks, 3900 ns are 5070.
  const DramSpec spec = load_dram_spec("hbm3-6.4", {SpecMode::strict, 5200});
  EXPECT_EQ(spec.ticks("nRC"), 2 * 59);
  EXPECT_EQ(spec.ticks("nREFI"), 2 * 5070);
  EXPECT_EQ(spec.ticks("nREFIpb"), 2 * 158);  // 121.875 ns are 158.4
  EXPECT_EQ(spec.ticks("nCCDL"), 2 * 4);      // stated in clocks
}

TEST(DramSpec, BadFilesAreRefusedWithAReason) {
  const std::string root = std::string(MORU_SOURCE_DIR) + "/data/dram/";
  const std::string part = read_file(root + "part/hbm3-6.4.yaml");
  const std::string standard = read_file(root + "standard/hbm3.yaml");
  const auto swapped = [](std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  const auto error = [&](const std::string& p, const std::string& s) {
    return testing::error_of([&] { parse_dram_spec(p, s); });
  };
  EXPECT_EQ(error(part, standard), "");
  EXPECT_NE(error(swapped(part, "45 ns", "45 nm"), standard).find("'45 nm' is not a timing"),
            std::string::npos);
  EXPECT_NE(error(swapped(part, "  nFAW: {", "  nFOW: {"), standard).find("nFAW"),
            std::string::npos);
  EXPECT_NE(error(swapped(part, "banks: 4", "banks: 999"), standard).find("banks"),
            std::string::npos);
  EXPECT_NE(error(part, swapped(standard, "min: nRRDS", "min: nRRDS +")).find("formula"),
            std::string::npos);
  EXPECT_NE(error(part, swapped(standard, "controller: two_bus_edges", "controller: three_bus"))
                .find("three_bus"),
            std::string::npos);
  EXPECT_NE(testing::error_of([] { load_dram_spec("hbm9"); }).find("hbm9"), std::string::npos);
}

TEST(DramChannel, OptionsThatCannotBeAreRefused) {
  const DramSpec hbm = load_dram_spec("hbm3-6.4");
  const auto error = [&](const DramSpec& spec, auto change) {
    ControllerOptions options;
    change(options);
    return testing::error_of([&] { DramChannel::make(spec, options); });
  };
  EXPECT_NE(error(hbm, [](auto& o) { o.read_queue = 64; }), "");
  EXPECT_NE(error(hbm, [](auto& o) { o.refresh_postpone = 9; }), "");
  EXPECT_NE(error(hbm, [](auto& o) { o.write_low = 0.9; }), "");
  EXPECT_NE(error(hbm, [](auto& o) { o.refresh = RefreshMode::same_bank; }).find("REFsb"),
            std::string::npos);
  EXPECT_NE(error(load_dram_spec("ddr4-3.2"), [](auto& o) { o.refresh = RefreshMode::per_bank; })
                .find("REFpb"),
            std::string::npos);
}

TEST(DramEnergy, CountsTimesFigures) {
  const DramSpec spec = load_dram_spec("hbm2-2.0");
  EnergyTable table = load_energy_table("HBM2");
  ChannelCounters counters;
  counters.commands[static_cast<std::size_t>(index_of(DramCommand::act))] = 1000;
  counters.commands[static_cast<std::size_t>(index_of(DramCommand::rd))] = 4000;
  const EnergyReport report = energy_of(spec, table, counters, 1, 0);
  // FGDRAM: 909 pJ a row; 32 bytes at 1.51 + 1.17 pJ/b inside and 0.80 on the pins.
  EXPECT_NEAR(report.mid.activate, 909e-9, 1e-12);
  EXPECT_NEAR(report.mid.read, 4000 * 256 * 2.68e-12, 1e-12);
  EXPECT_NEAR(report.mid.io, 4000 * 256 * 0.8e-12, 1e-12);
  EXPECT_LE(report.low.total(), report.mid.total());
  EXPECT_LE(report.mid.total(), report.high.total());
}

TEST(DramTrace, BothFormatsAreRead) {
  const std::vector<TraceAccess> ramulator = parse_access_trace("# x\nLD 0x40\nST 128\n", "t");
  ASSERT_EQ(ramulator.size(), 2U);
  EXPECT_EQ(ramulator[0].address, 64U);
  EXPECT_TRUE(ramulator[1].is_write);
  const std::vector<TraceAccess> dramsim =
      parse_access_trace("0x1000 READ 3\n0x2000 WRITE 9\n", "t");
  EXPECT_EQ(dramsim[1].cycle, 9);
  EXPECT_TRUE(dramsim[1].is_write);
}

TEST(DramTrace, BadLinesAreNamed) {
  EXPECT_NE(
      testing::error_of([] { parse_access_trace("LD 0x40\nXX 5\n", "t.trace"); }).find("t.trace:2"),
      std::string::npos);
  EXPECT_NE(testing::error_of([] {
              parse_access_trace("0x10 READ 9\n0x10 READ 3\n", "t");
            }).find("decrease"),
            std::string::npos);
  EXPECT_NE(testing::error_of([] { parse_access_trace("", "t"); }), "");
}

TEST(DramTrace, MappingPutsEveryAccessSomewhereOfItsOwn) {
  const DramSpec spec = load_dram_spec("hbm3-6.4");
  for (const AddressScheme scheme :
       {AddressScheme::interleaved, AddressScheme::row_major, AddressScheme::xor_banks}) {
    const AddressMap map(spec, 32, 256, scheme);
    std::set<std::tuple<int, int, std::uint32_t, int>> seen;
    constexpr std::uint64_t kAccesses = 100'000;
    for (std::uint64_t i = 0; i < kAccesses; ++i) {
      const MappedAddress m = map.map(i * 32);
      seen.insert({m.channel, m.request.bank, m.request.row, m.request.burst});
    }
    EXPECT_EQ(seen.size(), kAccesses) << enum_name(scheme);
  }
}

}  // namespace
}  // namespace moru
