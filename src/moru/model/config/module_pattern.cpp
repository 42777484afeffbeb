#include "moru/model/config/module_pattern.h"

#include "moru/base/text.h"

#include <algorithm>

namespace moru {
namespace {

// '*' stands for any text. Two-pointer matching: linear for the patterns in use, no recursion.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

// A regular expression as globs, one per alternative of its groups: ".*" and "\d+" become '*'.
std::vector<std::string> globs_of(std::string_view expression) {
  constexpr std::size_t kMostGlobs = 64;
  std::vector<std::string> globs = {""};
  const auto append = [&](std::string_view text) {
    for (std::string& glob : globs) {
      glob += text;
    }
  };
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const std::string_view rest = expression.substr(i);
    const std::size_t close = rest.find(')');
    if (rest.starts_with(".*") || rest.starts_with("\\d+") || rest.starts_with("[0-9]+")) {
      append("*");
      i += rest.starts_with(".*") ? 1 : rest.starts_with("\\d+") ? 2 : 5;
    } else if (rest[0] == '(' && close != std::string_view::npos) {
      std::vector<std::string> widened;
      for (const std::string_view part : split(rest.substr(1, close - 1), '|')) {
        for (const std::string& glob : globs) {
          widened.push_back(glob + std::string(part));
        }
      }
      if (widened.size() <= kMostGlobs) {
        globs = std::move(widened);
      }
      i += close;
    } else if (rest[0] == '\\' && rest.size() > 1) {
      append(rest.substr(1, 1));
      ++i;
    } else if (rest[0] != '^' && rest[0] != '$') {
      append(rest.substr(0, 1));
    }
  }
  return globs;
}

}  // namespace

void append_module_globs(std::string_view pattern, std::vector<std::string>& globs) {
  if (pattern.starts_with("re:")) {
    // Expressions are matched from the start of the name, as re.match does.
    for (const std::string& glob : globs_of(pattern.substr(3))) {
      globs.push_back(glob + "*");
    }
    return;
  }
  globs.emplace_back(pattern);
  globs.push_back(std::string(pattern) + ".*");
}

bool is_covered_module(const std::vector<std::string>& globs, std::string_view module) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_matches(glob, module); });
}

}  // namespace moru
