// Named implementations of an interface, each registered by the one file that holds it:
//
//   MORU_REGISTER(Mapper, Roofline, "roofline", "datasheet peaks times stated efficiencies");
//
// The registry lives in a function, so the order of static initialisation does not matter.
#pragma once

#include "moru/base/error.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace moru {

template <class Interface>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Interface>()>;
  struct Entry {
    Factory make;
    std::string doc;
  };

  static std::map<std::string, Entry, std::less<>>& entries() {
    static std::map<std::string, Entry, std::less<>> map;
    return map;
  }

  // `what` names the kind in the error: "scheduler", "mapper".
  static std::unique_ptr<Interface> make(std::string_view name, std::string_view what) {
    const auto found = entries().find(name);
    if (found == entries().end()) {
      const std::vector<std::string> known = names();
      fail(fmt::format("'{}' is not a {}{}; known: {}", name, what,
                       did_you_mean(name, std::span<const std::string>(known)),
                       join(std::span<const std::string>(known), ", ")));
    }
    return found->second.make();
  }

  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries()) {
      all.push_back(name);
    }
    return all;
  }
};

template <class Interface, class Implementation>
struct Registrar {
  Registrar(std::string name, std::string doc) {
    Registry<Interface>::entries()[std::move(name)] = {
        [] { return std::make_unique<Implementation>(); }, std::move(doc)};
  }
};

#define MORU_REGISTER(Interface, Implementation, name, doc) \
  static const ::moru::Registrar<Interface, Implementation> kRegistered##Implementation(name, doc)

}  // namespace moru
