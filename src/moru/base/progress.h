// A progress line on stderr for work that takes longer than a second; silent without a terminal.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace moru {

class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress() { done(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` of `all` in `unit`; cheap enough to call often.
  void update(double done, double all, std::string_view unit);
  // Removes the line.
  void done();

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  bool is_enabled_;
  bool is_shown_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace moru
