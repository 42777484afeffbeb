// What every command promises: exit codes, help with an example, JSON with a schema, plain text in
// pipes, whole output files, the same bytes for the same question.
#include "moru/base/node.h"
#include "moru/base/testing.h"

#include "program.h"
#include <gtest/gtest.h>

#include <algorithm>

namespace moru::testing {
namespace {
namespace fs = std::filesystem;

// A folder with a small chip, model, trace, workload and scenario.
class Cli : public ::testing::Test {
 protected:
  Cli() {
    for (const auto& entry :
         fs::directory_iterator(fs::path(MORU_SOURCE_DIR) / "tests" / "bad_inputs" / "base")) {
      fs::copy_file(entry.path(), path(entry.path().filename().string()));
    }
  }
  std::string path(const std::string& name) const { return folder_.path(name); }
  Ran run(const std::string& arguments, const std::string& input = "/dev/null") const {
    return run_moru(words(arguments), folder_.path(""), input);
  }
  // Fails the test unless the command answers.
  std::string answer(const std::string& arguments, const std::string& input = "/dev/null") const {
    const Ran ran = run(arguments, input);
    EXPECT_EQ(ran.code, 0) << "moru " << arguments << "\n" << ran.err;
    EXPECT_NE(ran.out + ran.err, "") << "moru " << arguments;
    return ran.out;
  }
  Document json(const std::string& arguments) const {
    return parse_json(answer(arguments), "stdout");
  }
  std::vector<std::string> commands() const {
    const Document list = json("show commands --json");
    std::vector<std::string> names;
    for (const Node& item : list.root.find("items")->items) {
      names.push_back(item.find("name")->text);
    }
    return names;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path(""))) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  TemporaryFolder folder_;
};

// What follows "Example:" in a help text.
std::string example_of(const std::string& help) {
  constexpr std::string_view kTitle = "Example:\n  ";
  const std::size_t at = help.find(kTitle);
  return at == std::string::npos ? "" : help.substr(at + kTitle.size());
}

TEST_F(Cli, HelpOfEveryCommandHasAnExampleOfIt) {
  const std::vector<std::string> all = commands();
  EXPECT_GE(all.size(), 5U);
  for (const std::string& command : all) {
    const std::string help = answer(command + " --help");
    EXPECT_TRUE(example_of(help).starts_with("moru " + command + " ")) << help;
    EXPECT_NE(help.find("--output"), std::string::npos) << command << " has no -o";
    EXPECT_NE(help.find("--json"), std::string::npos) << command << " has no --json";
  }
}

TEST_F(Cli, ExamplesOfTheHelpRun) {
  for (const std::string command : {"simulate", "map", "trace", "show"}) {
    const std::string example = example_of(answer(command + " --help"));
    answer(example.substr(std::string("moru ").size(), example.find('\n') - 5));
  }
}

TEST_F(Cli, AnsweredIsZeroAndAFalseAssertionIsOneWithTheReport) {
  EXPECT_EQ(run("simulate scenario.yaml --goodput ttft:10000 --assert slo").code, 0);
  const Ran missed = run("simulate scenario.yaml --goodput ttft:0.0001 --assert slo");
  EXPECT_EQ(missed.code, 1);
  EXPECT_EQ(missed.err, "");
  EXPECT_NE(missed.out.find("not met"), std::string::npos);
  EXPECT_EQ(run("simulate scenario.yaml --tp 3").code, 3);
  EXPECT_EQ(run("simulate missing.yaml").code, 2);
}

TEST_F(Cli, JsonParsesAndNamesItsSchema) {
  for (const auto& [arguments, schema] : std::vector<std::pair<std::string, std::string>>{
           {"map --model config.json --chip chip.yaml --json", "moru/map/1"},
           {"show --json", "moru/show/1"},
           {"show chips --json", "moru/show/1"},
           {"show chip chip.yaml --json", "moru/show/1"},
           {"show model config.json --json", "moru/show/1"},
           {"show workload workload.yaml --json", "moru/show/1"},
           {"show constants --json", "moru/show/1"},
           {"trace info trace.csv --json", "moru/trace-info/1"},
           {"simulate --model config.json --chip chip.yaml,l4 --trace trace.csv --json",
            "moru/compare/1"}}) {
    const Document document = json(arguments);
    ASSERT_TRUE(document.root.is_map()) << arguments;
    ASSERT_NE(document.root.find("schema"), nullptr) << arguments;
    EXPECT_EQ(document.root.find("schema")->text, schema);
  }
  // The keys of `vllm bench serve` stand at the top, ours below "moru".
  const Document serving = json("simulate scenario.yaml --json");
  EXPECT_NE(serving.root.find("mean_ttft_ms"), nullptr);
  EXPECT_EQ(serving.root.find("moru")->find("schema")->text, "moru/simulate/1");
}

TEST_F(Cli, JsonSchemasAreJsonAndRefuseUnknownFields) {
  for (const std::string kind : {"chip", "workload", "scenario"}) {
    const Document document = json("show " + kind + " --schema");
    EXPECT_EQ(document.root.find("$schema")->text, "https://json-schema.org/draft/2020-12/schema");
    EXPECT_EQ(document.root.find("additionalProperties")->text, "false");
  }
}

TEST_F(Cli, PipesGetNoColourCodesAndNoProgress) {
  for (const std::string arguments :
       {"simulate scenario.yaml", "map --model config.json --chip chip.yaml", "show chips",
        "trace info trace.csv", "simulate --help", "simulate missing.yaml"}) {
    const Ran ran = run(arguments);
    EXPECT_EQ((ran.out + ran.err).find_first_of("\x1b\r"), std::string::npos) << arguments;
  }
}

TEST_F(Cli, OutputGoesToTheFileWholeOrNotAtAll) {
  const std::vector<std::string> before = files();
  const std::string text = answer("simulate scenario.yaml --json");
  const Ran ran = run("simulate scenario.yaml --json -o out.json");
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(content_of(path("out.json")), text);
  // Nothing but the file itself is left behind, and a failure leaves the old content.
  EXPECT_EQ(files().size(), before.size() + 1);
  EXPECT_EQ(run("simulate missing.yaml -o out.json").code, 2);
  EXPECT_EQ(content_of(path("out.json")), text);
}

TEST_F(Cli, TheSameScenarioGivesTheSameBytes) {
  const std::string arguments =
      "simulate --model config.json --chip chip.yaml --workload workload.yaml --num-prompts 50 "
      "--request-rate 40 --seed 7 --replicas 2 --json --per-request rows.csv --trace-out line.json";
  const std::string first = answer(arguments);
  const std::string rows = content_of(path("rows.csv"));
  const std::string line = content_of(path("line.json"));
  EXPECT_EQ(answer(arguments), first);
  EXPECT_EQ(content_of(path("rows.csv")), rows);
  EXPECT_EQ(content_of(path("line.json")), line);
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 51);
  EXPECT_TRUE(parse_json(line, "line.json").root.is_map());
  std::string other = arguments;
  other.replace(other.find("--seed 7"), 8, "--seed 8");
  EXPECT_NE(answer(other), first) << "the seed has no effect";
}

// The figures without the names of the files.
std::string figures(const std::string& report) { return report.substr(0, report.find("\"moru\"")); }

TEST_F(Cli, TracesComeFromStandardInputAndCompressedFilesAsWell) {
  const std::string by_name = answer("simulate scenario.yaml --json");
  const std::string options =
      "simulate --model config.json --chip chip.yaml --max-num-seqs 32 "
      "--goodput ttft:2000 --json --trace ";
  EXPECT_EQ(figures(answer(options + "-", path("trace.csv"))), figures(by_name));
  answer("trace convert trace.csv -o packed.csv.zst");
  EXPECT_TRUE(content_of(path("packed.csv.zst")).starts_with("\x28\xB5\x2F\xFD"));
  EXPECT_EQ(figures(answer(options + "packed.csv.zst")), figures(by_name));
  EXPECT_EQ(figures(answer(options + "-", path("packed.csv.zst"))), figures(by_name));
}

TEST_F(Cli, QuietSaysNothingThatIsNoError) {
  const std::string arguments = "simulate scenario.yaml --num-gpu-blocks-override 2";
  EXPECT_NE(run(arguments).err.find("moru: note: max_model_len lowered"), std::string::npos);
  EXPECT_EQ(run(arguments + " --quiet").err, "");
  EXPECT_NE(run("simulate missing.yaml --quiet").err, "");
}

TEST_F(Cli, ARunThatIsIdleForYearsTakesNoMemoryForThem) {
  // Three requests over six years.
  const Document document = json("simulate scenario.yaml --request-rate 1e-8 --json");
  EXPECT_EQ(document.root.find("completed")->text, "3");
}

TEST_F(Cli, AnOptionOverridesTheScenario) {
  const Document document = json("simulate scenario.yaml --num-prompts 2 --json");
  EXPECT_EQ(document.root.find("completed")->text, "2");
}

TEST_F(Cli, VersionIsOneLine) {
  const std::string text = answer("--version");
  EXPECT_TRUE(text.starts_with("moru ")) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

}  // namespace
}  // namespace moru::testing
