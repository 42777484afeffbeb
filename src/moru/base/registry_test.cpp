#include "moru/base/registry.h"

#include "moru/base/testing.h"

#include <gtest/gtest.h>

namespace moru {
namespace {

class Shape {
 public:
  virtual ~Shape() = default;
  virtual int corners() const = 0;
};
class Square final : public Shape {
 public:
  int corners() const override { return 4; }
};
class Triangle final : public Shape {
 public:
  int corners() const override { return 3; }
};
MORU_REGISTER(Shape, Square, "square", "four corners");
MORU_REGISTER(Shape, Triangle, "triangle", "three corners");

TEST(Registry, MakesWhatIsAskedFor) {
  EXPECT_EQ(Registry<Shape>::make("triangle", "shape")->corners(), 3);
  EXPECT_EQ(Registry<Shape>::make("square", "shape")->corners(), 4);
}

TEST(Registry, NamesAreSorted) {
  EXPECT_EQ(Registry<Shape>::names(), (std::vector<std::string>{"square", "triangle"}));
  EXPECT_EQ(Registry<Shape>::entries().at("square").doc, "four corners");
}

TEST(Registry, UnknownNameListsTheKnownOnes) {
  EXPECT_EQ(testing::error_of([] { Registry<Shape>::make("squre", "shape"); }),
            "error: 'squre' is not a shape (did you mean 'square'?); known: square, triangle");
}

}  // namespace
}  // namespace moru
