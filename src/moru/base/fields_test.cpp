#include "moru/base/dtype.h"
#include "moru/base/fields_parse.h"
#include "moru/base/fields_print.h"
#include "moru/base/fields_schema.h"
#include "moru/base/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

using testing::error_of;

struct Port {
  static constexpr std::string_view kTypeName = "port";
  std::string name;
  Sourced<BytesPerSecond> bandwidth;
  std::optional<int> lanes;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "what it is called");
    v.required("bandwidth", x.bandwidth, "in one direction");
    v.optional("lanes", x.lanes, "how many");
  }
  void validate(const FieldCheck& check) const {
    check.require(!lanes || *lanes % 2 == 0, "lanes", "lanes come in pairs");
  }
};

struct Board {
  static constexpr std::string_view kTypeName = "board";
  std::vector<Port> ports;
  std::map<DType, Sourced<FlopsPerSecond>> peak;
  std::map<std::string, std::string> sources;
  std::optional<Seconds> delay;
  Sourced<double> ratio = 1.0;
  bool is_new = false;
  DType dtype = DType::bf16;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("ports", x.ports, "its ports");
    v.optional("peak", x.peak, "by dtype");
    v.optional("sources", x.sources, "where from");
    v.optional("delay", x.delay, "how late");
    v.optional("ratio", x.ratio, "of two things");
    v.optional("is_new", x.is_new, "or old");
    v.optional("dtype", x.dtype, "of the whole");
  }
};

Board parse(std::string_view yaml) { return parse_document<Board>(parse_yaml(yaml, "b.yaml")); }
std::string board_error(std::string_view yaml) {
  return error_of([&] { parse(yaml); });
}

TEST(Fields, BareValueAndValueWithSourceReadTheSame) {
  const Board board = parse(
      "ports:\n"
      "  - {name: a, bandwidth: 450 GB/s, lanes: 18}\n"
      "  - name: b\n"
      "    bandwidth: {value: 0.45 TB/s, low: 400 GB/s, source: sheet, trust: S}\n"
      "peak: {fp8: 2 PFLOPS}\n"
      "sources: {sheet: the data sheet}\n");
  ASSERT_EQ(board.ports.size(), 2U);
  EXPECT_DOUBLE_EQ(board.ports[0].bandwidth.value.value, 450e9);
  EXPECT_EQ(board.ports[0].bandwidth.source, "");
  EXPECT_EQ(*board.ports[0].lanes, 18);
  EXPECT_DOUBLE_EQ(board.ports[1].bandwidth.value.value, 450e9);
  EXPECT_DOUBLE_EQ(board.ports[1].bandwidth.low->value, 400e9);
  EXPECT_FALSE(board.ports[1].bandwidth.high);
  EXPECT_EQ(board.ports[1].bandwidth.trust, "S");
  EXPECT_DOUBLE_EQ(board.peak.at(DType::fp8).value.value, 2e15);
  EXPECT_EQ(board.sources.at("sheet"), "the data sheet");
}

TEST(Fields, EachMistakeIsOneLineWithItsPlace) {
  struct Mistake {
    const char* yaml;
    const char* error;
  };
  const Mistake mistakes[] = {
      {"portz: []\n", "b.yaml:1:1: error: 'portz' is not a field of board (did you mean 'ports'?)"},
      {"ports:\n  - name: a\n    bandwith: 1 GB/s\n    bandwidth: 1 GB/s\n",
       "b.yaml:3:5: error: 'bandwith' is not a field of port (did you mean 'bandwidth'?)"},
      {"ports:\n  - name: a\n", "b.yaml:2:5: error: port needs 'bandwidth' (in one direction)"},
      {"ports: 3\n", "b.yaml:1:8: error: expected a list, found '3'"},
      {"ports: [3]\n", "b.yaml:1:9: error: expected port with its fields, found '3'"},
      {"ports:\n", ""},
      {"ports:\n  -\n", "expected port with its fields, found nothing"},
      {"peak: {bf16: -1 TFLOPS}\n", "b.yaml:1:14: error: '-1 TFLOPS' must be above zero"},
      {"peak: {bf16: 0 TFLOPS}\n", "b.yaml:1:14: error: '0 TFLOPS' must be above zero"},
      {"peak: {bf16: .nan}\n", "b.yaml:1:14: error: '.nan' is not a number with a unit"},
      {"peak: {bf61: 1 TFLOPS}\n",
       "b.yaml:1:8: error: 'bf61' is not one of fp64, fp32, tf32, bf16"},
      {"peak: {bf16: }\n", "expected a single value, found nothing"},
      {"delay: 3\n", "b.yaml:1:8: error: '3' needs a unit: one of ns, us"},
      {"delay: [1 s]\n", "b.yaml:1:8: error: expected a single value, found a list"},
      {"delay: -1 us\n", "b.yaml:1:8: error: '-1 us' must be zero or more"},
      {"delay: 0 us\n", ""},
      {"ratio: nan\n", "b.yaml:1:8: error: expected a finite number, found 'nan'"},
      {"ratio: \"1\"\n", "b.yaml:1:8: error: expected a finite number, found '1' in quotes"},
      {"ratio: -1\n", "b.yaml:1:8: error: -1 must be zero or more"},
      {"ratio: {low: 1}\n", "b.yaml:1:8: error: value with its source needs 'value'"},
      {"ratio: {value: 1, low: 2}\n", "the value lies outside its own low..high range"},
      {"ratio: {value: 3, high: 2}\n", "the value lies outside its own low..high range"},
      {"ratio: {value: 3, trust: X}\n",
       "b.yaml:1:26: error: 'X' is not a trust flag: S, V, T, M, E or D"},
      {"ratio: {value: 3, sorce: x y}\n", "(did you mean 'source'?)"},
      {"is_new: yes\n", "b.yaml:1:9: error: expected true or false, found 'yes'"},
      {"ports: [{name: a, bandwidth: 1 B/s, lanes: 1.5}]\n",
       "expected a whole number, found '1.5'"},
      {"ports: [{name: a, bandwidth: 1 B/s, lanes: 3}]\n",
       "b.yaml:1:44: error: lanes come in pairs"},
      {"ports: [{name: a, bandwidth: 1 B/s, lanes: 4294967298}]\n", "4294967298 is out of range"},
      {"- a\n", "b.yaml:1:1: error: expected board with its fields, found a list"},
      {"", "b.yaml:1:1: error: the file is empty; a board was expected"},
  };
  for (const Mistake& mistake : mistakes) {
    const std::string error = board_error(mistake.yaml);
    EXPECT_NE(error.find(mistake.error), std::string::npos) << mistake.yaml << error;
    EXPECT_EQ(error.empty(), *mistake.error == '\0') << mistake.yaml << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST(Fields, AllMistakesOfAFileAreReportedAtOnce) {
  EXPECT_EQ(
      board_error("ratio: x\ndelay: y\nfoo: 1\n"),
      "b.yaml:2:8: error: 'y' is not a number with a unit such as ns, us, µs, ms, s, min, h, d\n"
      "b.yaml:1:8: error: expected a finite number, found 'x'\n"
      "b.yaml:3:1: error: 'foo' is not a field of board");
}

TEST(Fields, RowsSayWhereAValueStandsAndWhereItComesFrom) {
  const Board board = parse(
      "ports:\n  - name: a\n    bandwidth: {value: 2 TB/s, high: 3 TB/s, source: the sheet, trust: "
      "M}\n");
  std::vector<FieldRow> rows;
  append_rows(rows, "", board, "");
  ASSERT_GE(rows.size(), 2U);
  EXPECT_EQ(rows[0].path, "ports[0].name");
  EXPECT_EQ(rows[1].path, "ports[0].bandwidth");
  EXPECT_EQ(rows[1].value, "2 TB/s");
  EXPECT_EQ(rows[1].range, "2 TB/s..3 TB/s");
  EXPECT_EQ(rows[1].source, "the sheet");
  EXPECT_EQ(rows[1].trust, "M");
  EXPECT_EQ(rows[1].doc, "in one direction");
}

TEST(Fields, JsonEchoReadsBackAsTheSameStruct) {
  const Board board = parse(
      "ports: [{name: \"모루 \\\"1\\\"\", bandwidth: 1638.4 GB/s, lanes: 4}]\npeak: {nvfp4: 1871.2 "
      "TFLOPS}\n"
      "delay: 1.25 us\nratio: 0.3\nis_new: true\ndtype: fp8\n");
  JsonWriter json;
  write_json(json, board);
  const Board again = parse_document<Board>(parse_json(json.take(), "echo.json"));
  EXPECT_EQ(again.ports.at(0).name, board.ports.at(0).name);
  EXPECT_EQ(again.ports.at(0).bandwidth.value, board.ports.at(0).bandwidth.value);
  EXPECT_EQ(again.ports.at(0).lanes, board.ports.at(0).lanes);
  EXPECT_EQ(again.peak.at(DType::nvfp4).value, board.peak.at(DType::nvfp4).value);
  EXPECT_EQ(again.delay, board.delay);
  EXPECT_EQ(again.ratio.value, board.ratio.value);
  EXPECT_EQ(again.is_new, board.is_new);
  EXPECT_EQ(again.dtype, board.dtype);
}

TEST(Fields, SchemaIsJsonThatNamesEveryFieldOnce) {
  const Document schema = parse_json(file_schema<Board>("board"), "schema.json");
  EXPECT_EQ(schema.root.find("title")->text, "board");
  EXPECT_EQ(schema.root.find("additionalProperties")->text, "false");
  const Node* properties = schema.root.find("properties");
  ASSERT_NE(properties, nullptr);
  EXPECT_EQ(properties->entries.size(), 7U);
  const Node* port = properties->find("ports")->find("items");
  EXPECT_EQ(port->find("required")->items.size(), 2U);
  const Node* bandwidth = port->find("properties")->find("bandwidth");
  EXPECT_EQ(bandwidth->find("description")->text, "in one direction");
  EXPECT_EQ(bandwidth->find("anyOf")->items.size(), 2U);
  EXPECT_EQ(properties->find("dtype")->find("enum")->items.size(), enum_names<DType>().size());
}

}  // namespace
}  // namespace moru
