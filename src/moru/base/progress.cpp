#include "moru/base/progress.h"

#include "moru/base/error.h"

#include <fmt/format.h>

#include <cstdio>
#include <unistd.h>

namespace moru {

Progress::Progress(std::string what)
    : what_(std::move(what)),
      is_enabled_(::isatty(STDERR_FILENO) == 1 && !is_quiet()),
      start_(Clock::now()),
      last_(start_) {}

void Progress::update(double done, double all, std::string_view unit) {
  constexpr auto kPatience = std::chrono::seconds(1);
  constexpr auto kInterval = std::chrono::milliseconds(200);
  if (!is_enabled_) {
    return;
  }
  const Clock::time_point now = Clock::now();
  if (now - start_ < kPatience || now - last_ < kInterval) {
    return;
  }
  last_ = now;
  is_shown_ = true;
  fmt::print(stderr, "\r{}: {:.0f} of {:.0f} {} ({:.0f}%)\x1b[K", what_, done, all, unit,
             all > 0 ? done / all * 100 : 0);
}

void Progress::done() {
  if (is_shown_) {
    fmt::print(stderr, "\r\x1b[K");
    is_shown_ = false;
  }
}

}  // namespace moru
