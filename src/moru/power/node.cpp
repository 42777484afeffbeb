#include "moru/power/node.h"

#include "moru/base/text.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace moru {
namespace {

// Where a class looks when it has no fact of its own, in turn.
constexpr std::pair<std::string_view, std::string_view> kParents[] = {
    {"n4", "n5"},  {"n6", "n7"},   {"n12", "n16"}, {"n10", "n7"},  {"sf2", "n2"}, {"sf3", "sf4"},
    {"sf4", "n5"}, {"sf5", "sf4"}, {"sf8", "n10"}, {"n2", "n3"},   {"n3", "n5"},  {"n5", "n7"},
    {"n7", "n16"}, {"n16", "n28"}, {"n28", "n40"}, {"n40", "n65"}, {"n65", "n40"}};

std::string_view parent_of(std::string_view node) {
  for (const auto& [child, parent] : kParents) {
    if (child == node) {
      return parent;
    }
  }
  return "";
}

// Nanometres to TSMC's class: 14 nm of any foundry counts as 16, 22 as 28.
std::string class_of_size(int nanometres) {
  constexpr std::array<std::pair<int, std::string_view>, 12> kClasses = {{{2, "n2"},
                                                                          {3, "n3"},
                                                                          {4, "n4"},
                                                                          {5, "n5"},
                                                                          {6, "n6"},
                                                                          {7, "n7"},
                                                                          {10, "n10"},
                                                                          {12, "n12"},
                                                                          {16, "n16"},
                                                                          {28, "n28"},
                                                                          {40, "n40"},
                                                                          {65, "n65"}}};
  for (const auto& [size, name] : kClasses) {
    if (nanometres <= size) {
      return std::string(name);
    }
  }
  return "n65";
}

}  // namespace

std::string node_class(std::string_view node) {
  const std::string lower = to_lower(node);
  std::string digits;
  for (const char c : lower) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      digits += c;
    } else if (!digits.empty()) {
      break;
    }
  }
  const auto size = parse_int64(digits);
  if (!size || *size < 1 || *size > 500) {
    note(
        fmt::format("'{}' names no process node that is known (N5, 4N, SF4X, 14nm); its area, "
                    "power and cost are those of N5",
                    printable(node, 40)));
    return "n5";
  }
  // NVIDIA's 8N is Samsung's 8 nm; 18A and 16A count angstroms.
  if (lower == "8n") {
    return "sf8";
  }
  if (lower.starts_with("a16") || lower.starts_with("18a") || lower.starts_with("20a")) {
    return "n2";
  }
  if (lower.starts_with("sf") || lower.find("samsung") != std::string::npos) {
    switch (*size) {
      case 2:
        return "sf2";
      case 3:
        return "sf3";
      case 4:
        return "sf4";
      case 5:
        return "sf5";
      case 8:
        return "sf8";
      default:
        break;
    }
  }
  return class_of_size(static_cast<int>(*size));
}

std::string node_fact(const FactBook& book, std::string_view prefix, std::string_view node) {
  std::string name = node_class(node);
  for (std::size_t steps = 0; steps < std::size(kParents) && !name.empty(); ++steps) {
    std::string full = fmt::format("{}.{}", prefix, name);
    if (book.find(full) != nullptr) {
      return full;
    }
    name = std::string(parent_of(name));
  }
  fail(fmt::format("no fact '{}' for the node {} or its class", prefix, node));
}

}  // namespace moru
