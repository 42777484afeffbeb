// Runs the program as a user does: with arguments, in a folder, and both of its outputs in pipes.
#pragma once

#include "moru/base/error.h"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace moru::testing {

struct Ran {
  int code = -1;   // exit code, or
  int signal = 0;  // what killed it
  std::string out;
  std::string err;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Both pipes at once, so that the program never waits for a reader. false: it took too long.
inline bool drain(const std::array<int, 2>& pipes, Ran& ran) {
  const std::array<std::string*, 2> texts = {&ran.out, &ran.err};
  std::array<pollfd, 2> waiting = {{{pipes[0], POLLIN, 0}, {pipes[1], POLLIN, 0}}};
  std::array<char, 65536> chunk;
  for (int open = 2; open > 0;) {
    constexpr int kLongestSilence = 30'000;  // milliseconds
    if (::poll(waiting.data(), waiting.size(), kLongestSilence) == 0) {
      return false;
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) {
        continue;
      }
      const ssize_t got = ::read(waiting[i].fd, chunk.data(), chunk.size());
      if (got > 0) {
        texts[i]->append(chunk.data(), static_cast<std::size_t>(got));
      } else {
        ::close(waiting[i].fd);
        waiting[i].fd = -1;
        --open;
      }
    }
  }
  return true;
}

// `input` is a file that becomes standard input.
inline Ran run_moru(std::vector<std::string> arguments, const std::string& folder,
                    const std::string& input = "/dev/null") {
  arguments.insert(arguments.begin(), MORU_BINARY);
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  std::array<int, 2> out = {};
  std::array<int, 2> err = {};
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
    fail("cannot make a pipe");
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, MORU_BINARY, &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  if (failed != 0) {
    fail(fmt::format("cannot start {}", MORU_BINARY));
  }
  Ran ran;
  if (!drain({out[0], err[0]}, ran)) {
    ::kill(process, SIGKILL);
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  if (WIFEXITED(status)) {
    ran.code = WEXITSTATUS(status);
  } else {
    ran.signal = WTERMSIG(status);
  }
  return ran;
}

// "map --chip 'a b'" -> {"map", "--chip", "a b"}.
inline std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> all;
  bool is_open = false;
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '\'') {
      is_quoted = !is_quoted;
      if (!is_open) {
        all.emplace_back();
        is_open = true;
      }
    } else if (c == ' ' && !is_quoted) {
      is_open = false;
    } else {
      if (!is_open) {
        all.emplace_back();
        is_open = true;
      }
      all.back() += c;
    }
  }
  return all;
}

}  // namespace moru::testing
