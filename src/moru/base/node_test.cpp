#include "moru/base/node.h"

#include "moru/base/json_check.h"
#include "moru/base/node_builder.h"
#include "moru/base/testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

namespace moru {
namespace {

using testing::error_of;

std::string yaml_error(std::string_view text) {
  return error_of([&] { parse_yaml(text, "a.yaml"); });
}
std::string json_error(std::string_view text) {
  return error_of([&] { parse_json(text, "a.json"); });
}
std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) {
    text += part;
  }
  return text;
}

TEST(Node, YamlValuesKnowTheirLineAndColumn) {
  const Document document =
      parse_yaml("name: H100\nmemory:\n  - kind: HBM3\n    stacks: 5\n", "a.yaml");
  const Node* stacks = document.root.find("memory")->items.at(0).find("stacks");
  ASSERT_NE(stacks, nullptr);
  EXPECT_EQ(stacks->text, "5");
  EXPECT_EQ(stacks->line, 4);
  EXPECT_EQ(stacks->column, 13);
  EXPECT_EQ(document.root.find("memory")->items.at(0).entries.at(1).column, 5);
  EXPECT_EQ(document.root.find("missing"), nullptr);
}

TEST(Node, JsonValuesKnowTheirLineAndColumn) {
  const Document document =
      parse_json("{\n  \"a\": [1, {\"b\": \"x\\u00e9\"}],\n  \"c\": null\n}", "a.json");
  const Node* list = document.root.find("a");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->items.at(0).text, "1");
  EXPECT_FALSE(list->items.at(0).is_quoted);
  const Node* b = list->items.at(1).find("b");
  EXPECT_EQ(b->text, "xé");
  EXPECT_TRUE(b->is_quoted);
  EXPECT_EQ(b->line, 2);
  EXPECT_EQ(b->column, 18);
  EXPECT_EQ(document.root.entries.at(1).line, 3);
  EXPECT_EQ(document.root.entries.at(1).column, 3);
  EXPECT_TRUE(document.root.find("c")->is_null());
}

TEST(Node, QuotesTellTextFromNumber) {
  const Document document = parse_yaml("a: 12\nb: \"12\"\nc: '~'\nd: ~\ne:\n", "a.yaml");
  EXPECT_FALSE(document.root.find("a")->is_quoted);
  EXPECT_TRUE(document.root.find("b")->is_quoted);
  EXPECT_TRUE(document.root.find("c")->is_scalar());
  EXPECT_TRUE(document.root.find("d")->is_null());
  EXPECT_TRUE(document.root.find("e")->is_null());
}

TEST(Node, DuplicateKeysAreRefusedWhereTheSecondStands) {
  EXPECT_EQ(yaml_error("a: 1\nb: 2\na: 3\n"), "a.yaml:3:1: error: 'a' is given twice");
  EXPECT_EQ(json_error("{\"a\": 1,\n \"a\": 2}"), "a.json:2:2: error: 'a' is given twice");
  EXPECT_EQ(json_error("{\"a\": 1, \"\\u0061\": 2}"), "a.json:1:10: error: 'a' is given twice");
}

TEST(Node, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_EQ(yaml_error("a: &x 1\n"),
            "a.yaml:1:4: error: YAML anchors are not supported; write the value out");
  EXPECT_NE(yaml_error("a: 1\nb: *x\n"), "");
  EXPECT_NE(yaml_error("a: !!python/object 1\n").find("YAML tags"), std::string::npos);
  // Ten lines of these would expand to a billion values.
  EXPECT_NE(yaml_error("a: &a [x,x,x]\nb: &b [*a,*a,*a]\n"), "");
}

TEST(Node, NestingStopsAtSixtyFourLevels) {
  EXPECT_EQ(yaml_error(repeated("[", 64) + repeated("]", 64)), "");
  EXPECT_NE(yaml_error(repeated("[", 65) + repeated("]", 65)).find("more than 64 levels"),
            std::string::npos);
  EXPECT_EQ(json_error(repeated("[", 64) + repeated("]", 64)), "");
  EXPECT_NE(json_error(repeated("[", 65) + repeated("]", 65)).find("more than 64 levels"),
            std::string::npos);
  for (const char* part : {"[", "{", "- ", "? ", "{a: "}) {
    EXPECT_NE(yaml_error(repeated(part, 20'000)), "") << part;
  }
  EXPECT_NE(json_error(repeated("[", 20'000)), "");
  EXPECT_NE(json_error(repeated("{\"a\":", 20'000)), "");
}

TEST(Node, ManyKeysOfOneMapTakeLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 50'000; ++i) {
    text += fmt::format("\"key{}\":1,", i);
  }
  text.back() = '}';
  EXPECT_EQ(parse_json(text, "a.json").root.entries.size(), 50'000U);
}

TEST(Node, TheNumberOfValuesIsLimited) {
  NodeBuilder builder("a.json", 3);
  builder.begin_sequence(1, 1);
  for (int line = 1; line <= 3; ++line) {
    builder.null(line, 1);
  }
  EXPECT_EQ(error_of([&] { builder.null(4, 1); }),
            "a.json:4:1: error: more than 3 values in one file");
  EXPECT_EQ(NodeBuilder::kMostNodes, 1'000'000U);  // what node.h promises
}

TEST(Node, BinaryAndForeignEncodingsAreNamedByTheirPlace) {
  EXPECT_EQ(yaml_error("name: x\n\x04peak: y\n"),
            "a.yaml:2:1: error: byte 0x04 is not text; save the file as UTF-8");
  EXPECT_EQ(yaml_error("name: \xB8\xF0\xB7\xE7\n"),  // 모루 in EUC-KR
            "a.yaml:1:7: error: byte 0xb8 is not text; save the file as UTF-8");
  EXPECT_EQ(yaml_error(std::string("n\0a\0m\0e\0", 8)),
            "a.yaml:1:2: error: byte 0x00 is not text; save the file as UTF-8");
  EXPECT_EQ(json_error("{\"a\": \"\xB8\"}"), "a.json:1:8: error: not UTF-8 text");
}

TEST(Node, ByteOrderMarkAndCarriageReturnsAreTakenInStride) {
  const Document yaml = parse_yaml("\xEF\xBB\xBFname: H100\r\nyear: 2022\r\n", "a.yaml");
  EXPECT_EQ(yaml.root.find("name")->text, "H100");
  EXPECT_EQ(yaml.root.find("year")->text, "2022");
  const Document json = parse_json("\xEF\xBB\xBF{\"a\":\r\n 1}", "a.json");
  EXPECT_EQ(json.root.find("a")->text, "1");
}

TEST(Node, EmptyFilesAreNull) {
  EXPECT_TRUE(parse_yaml("", "a").root.is_null());
  EXPECT_TRUE(parse_yaml("# only a comment\n", "a").root.is_null());
  EXPECT_TRUE(parse_json(" \n", "a").root.is_null());
}

TEST(Node, SecondDocumentIsRefused) {
  EXPECT_NE(yaml_error("a: 1\n---\nb: 2\n").find("second document"), std::string::npos);
}

TEST(Node, SyntaxErrorsNameTheirPlace) {
  EXPECT_TRUE(yaml_error("a: [1, 2\nb: 3\n").starts_with("a.yaml:2:"))
      << yaml_error("a: [1, 2\nb: 3\n");
  EXPECT_TRUE(yaml_error("a: 1\n\tb: 2\n").starts_with("a.yaml:2:"));
  EXPECT_EQ(json_error("{\n \"a\": 1,\n}"),
            "a.json:3:1: error: not valid JSON: expected a key in double quotes");
  EXPECT_EQ(json_error("{\"a\": NaN}"), "a.json:1:7: error: not valid JSON: expected a value");
  EXPECT_EQ(json_error("[1 2]"), "a.json:1:4: error: not valid JSON: expected ',' or ']'");
  EXPECT_EQ(json_error("[1, 2"),
            "a.json:1:6: error: not valid JSON: the file ends before its last bracket");
  EXPECT_EQ(json_error("{\"a\": \"x}"),
            "a.json:1:7: error: not valid JSON: a string without its closing quote");
  EXPECT_EQ(json_error("[01]"), "a.json:1:2: error: not valid JSON: a number with a leading zero");
  EXPECT_EQ(json_error("{} {}"),
            "a.json:1:4: error: not valid JSON: text after the end of the document");
  EXPECT_EQ(json_error("12"), "a.json:1:1: error: expected an object at the top level");
}

TEST(Node, JsonOrYamlIsReadBySuffix) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(read_document(folder.write("칩 하나.yaml", "name: 모루\n")).root.find("name")->text,
            "모루");
  EXPECT_EQ(read_document(folder.write("a.json", "{\"name\": 1}")).root.find("name")->text, "1");
  EXPECT_NE(error_of([&] { read_document(folder.write("b.json", "name: 1")); }), "");
}

TEST(Node, HugeFilesAreRefusedUnread) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.write("a.yaml", "");
  std::filesystem::resize_file(path, 5 << 20);
  EXPECT_NE(error_of([&] { read_document(path); }).find("larger than 4 MiB"), std::string::npos);
}

// simdjson is the judge: both must call the same texts JSON.
RC_GTEST_PROP(JsonCheck, AgreesWithSimdjson, ()) {
  const auto pieces =
      *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
          "{",       "}",  "[", "]", ",",    ":",    "\"a\"", "\"\\n\"", "\"", "1",
          "-0.5e+3", "01", "-", ".", "true", "null", "nul",   " ",       "\n", "x"}));
  std::string text;
  for (const std::string& piece : pieces) {
    text += piece;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element ignored;
  const auto error = parser.parse(simdjson::padded_string(text)).get(ignored);
  // simdjson also refuses numbers that fit no type, which the grammar allows.
  RC_PRE(error != simdjson::NUMBER_ERROR);
  const bool is_blank = text.find_first_not_of(" \n") == std::string::npos;
  RC_PRE(!is_blank);
  RC_ASSERT(find_json_fault(text).has_value() == (error != simdjson::SUCCESS));
}

RC_GTEST_PROP(JsonCheck, AgreesWithSimdjsonOnDamagedText, ()) {
  std::string text = R"({"a": [1, -2.5e3, {"b": "x\"y", "c": [], "d": {}}], "e": true, "f": null})";
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = *rc::gen::elementOf(std::string("{}[],:\"0e. x"));
  simdjson::dom::parser parser;
  simdjson::dom::element ignored;
  const bool is_json =
      parser.parse(simdjson::padded_string(text)).get(ignored) == simdjson::SUCCESS;
  RC_ASSERT(!find_json_fault(text).has_value() == is_json);
}

// What any text may do is give an Error.
RC_GTEST_PROP(Node, GarbageGivesOneCleanError, (const std::string& garbage)) {
  for (const auto& text : {yaml_error(garbage), json_error(garbage)}) {
    RC_ASSERT(text.find('\n') == std::string::npos);
  }
}

}  // namespace
}  // namespace moru
