// Sessions by the text that a trace names them with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace moru {

class SessionNames {
 public:
  // Request::session of a name: numbers from 0 in order of appearance, -1 for an empty name.
  std::int32_t number(std::string_view name) {
    if (name.empty()) {
      return -1;
    }
    return numbers_.try_emplace(std::string(name), static_cast<std::int32_t>(numbers_.size()))
        .first->second;
  }

 private:
  std::unordered_map<std::string, std::int32_t> numbers_;
};

}  // namespace moru
