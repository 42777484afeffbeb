#include "moru/base/json_writer.h"

#include "moru/base/node.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <limits>

namespace moru {
namespace {

TEST(JsonWriter, KeysKeepTheirOrder) {
  JsonWriter json(0);
  json.begin_object().field("b", 1).field("a", "x").key("list").begin_array();
  json.value(1.5).value(true).null().begin_object().end_object().begin_array().end_array();
  json.end_array().end_object();
  EXPECT_EQ(json.take(), "{\"b\":1,\"a\":\"x\",\"list\":[1.5,true,null,{},[]]}\n");
}

TEST(JsonWriter, IndentedTextIsTheSameDocument) {
  JsonWriter json(2);
  json.begin_object().field("a", 1).key("b").begin_array().value(2).end_array().end_object();
  EXPECT_EQ(json.take(), "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}\n");
}

TEST(JsonWriter, QuotesBackslashesAndControlCharactersAreEscaped) {
  JsonWriter json(0);
  json.value("a\"b\\c\nd\te\x01\x7F/모루");
  EXPECT_EQ(json.take(), "\"a\\\"b\\\\c\\nd\\te\\u0001\x7F/모루\"\n");
}

TEST(JsonWriter, InvalidUtf8IsReplaced) {
  JsonWriter json(0);
  json.value("a\xFF\xEB\xAA");
  EXPECT_EQ(json.take(), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"\n");
}

TEST(JsonWriter, WhatIsNotFiniteIsNull) {
  JsonWriter json(0);
  json.begin_array().value(std::numeric_limits<double>::infinity());
  json.value(std::numeric_limits<double>::quiet_NaN()).end_array();
  EXPECT_EQ(json.take(), "[null,null]\n");
}

TEST(JsonWriter, WholeNumbersKeepAllTheirDigits) {
  JsonWriter json(0);
  json.begin_array().value(std::numeric_limits<std::int64_t>::min());
  json.value(std::numeric_limits<std::uint64_t>::max()).end_array();
  EXPECT_EQ(json.take(), "[-9223372036854775808,18446744073709551615]\n");
}

RC_GTEST_PROP(JsonWriter, DoublesReadBackExactly, (double number)) {
  JsonWriter json(0);
  json.value(number);
  RC_ASSERT(std::strtod(json.take().c_str(), nullptr) == number);
}

RC_GTEST_PROP(JsonWriter, AnyKeyAndTextMakeValidJson, (const std::string& text)) {
  JsonWriter json(2);
  json.begin_object().field("k" + text, text).end_object();
  const Document read = parse_json(json.take(), "test");
  RC_ASSERT(read.root.entries.size() == 1U);
  RC_ASSERT(read.root.entries[0].key == "k" + read.root.entries[0].value.text);
}

}  // namespace
}  // namespace moru
