#include "moru/base/catalogue.h"

#include "moru/base/error.h"
#include "moru/base/file.h"
#include "moru/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

namespace moru {
namespace fs = std::filesystem;
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string thing_path(const std::string& root, const CatalogueKind& kind, std::string_view id) {
  return fmt::format("{}/{}/{}{}", root, kind.folder, id, kind.suffix);
}

// What two spellings of a name have in common: "RTX 4090", "rtx_4090" and "RTX4090" are one.
std::string folded(std::string_view name) {
  std::string folded_name = to_lower(name);
  std::erase_if(folded_name, [](char c) { return c == '-' || c == '_' || c == ' '; });
  return folded_name;
}

// The aliases line of a file, read as text: parsing 80 files to find one name would cost more than
// the whole simulation.
std::vector<std::string> read_aliases(const std::string& path) {
  if (!file_exists(path)) {
    return {};
  }
  const std::string text = read_file(path);
  constexpr std::string_view kKey = "\naliases: [";
  std::size_t begin = text.find(kKey);
  if (begin == std::string::npos) {
    return {};
  }
  begin += kKey.size();
  const std::size_t end = text.find(']', begin);
  std::vector<std::string> aliases;
  for (const std::string_view part :
       split(std::string_view(text).substr(begin, end - begin), ',')) {
    std::string_view alias = trim(part);
    if (alias.size() >= 2 && (alias.front() == '"' || alias.front() == '\'')) {
      alias = alias.substr(1, alias.size() - 2);
    }
    if (!alias.empty()) {
      aliases.emplace_back(alias);
    }
  }
  return aliases;
}

void collect_ids(const std::string& root, const CatalogueKind& kind, std::set<std::string>& ids) {
  const std::string folder = fmt::format("{}/{}", root, kind.folder);
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return;
  }
  // Unreadable folders below are passed over; what stands in them was never offered.
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, kOptions, ignored), end;
       !ignored && entry != end; entry.increment(ignored)) {
    const std::string path = entry->path().string();
    std::error_code unknown;
    const bool is_hidden = entry->path().filename().string().starts_with('.');
    if (!is_hidden && entry->is_regular_file(unknown) && path.ends_with(kind.suffix)) {
      ids.insert(
          path.substr(folder.size() + 1, path.size() - folder.size() - 1 - kind.suffix.size()));
    }
  }
}

}  // namespace

std::vector<std::string> data_roots() {
  const std::string chosen = environment("MORU_CATALOGUE");
  std::error_code unknown;
  if (!chosen.empty() && !fs::is_directory(chosen, unknown)) {
    note(fmt::format("MORU_CATALOGUE names '{}', which is not a folder; going on without it",
                     chosen));
  }
  std::vector<std::string> candidates = {chosen, "data"};
  const std::string xdg = environment("XDG_DATA_HOME");
  const std::string home = environment("HOME");
  candidates.push_back(!xdg.empty() ? xdg + "/moru" : home + "/.local/share/moru");
  candidates.emplace_back(MORU_SOURCE_DIR "/data");
  candidates.emplace_back(MORU_INSTALL_DATA);
  std::vector<std::string> roots;
  for (const std::string& candidate : candidates) {
    std::error_code ignored;
    if (!candidate.empty() && fs::is_directory(candidate, ignored)) {
      roots.push_back(candidate);
    }
  }
  return roots;
}

std::vector<std::string> catalogue_ids(const CatalogueKind& kind) {
  std::set<std::string> ids;
  for (const std::string& root : data_roots()) {
    collect_ids(root, kind, ids);
  }
  return {ids.begin(), ids.end()};
}

std::vector<std::string> catalogue_aliases(const CatalogueKind& kind, std::string_view id) {
  for (const std::string& root : data_roots()) {
    const std::string path = fmt::format("{}/{}/{}{}", root, kind.folder, id, kind.alias_file);
    if (file_exists(path)) {
      return read_aliases(path);
    }
  }
  return {};
}

Found find_in_catalogue(const CatalogueKind& kind, std::string_view name) {
  const std::vector<std::string> roots = data_roots();
  for (const std::string& root : roots) {
    std::string path = thing_path(root, kind, name);
    if (file_exists(path)) {
      return {std::string(name), std::move(path)};
    }
  }
  const std::string wanted = folded(name);
  for (const std::string& root : roots) {
    std::set<std::string> ids;
    collect_ids(root, kind, ids);
    for (const std::string& id : ids) {
      bool is_match = folded(id) == wanted;
      for (const std::string& alias :
           read_aliases(fmt::format("{}/{}/{}{}", root, kind.folder, id, kind.alias_file))) {
        is_match = is_match || folded(alias) == wanted;
      }
      if (is_match) {
        return {id, thing_path(root, kind, id)};
      }
    }
  }
  return {};
}

Found require_in_catalogue(const CatalogueKind& kind, std::string_view name) {
  Found found = find_in_catalogue(kind, name);
  if (!found.path.empty()) {
    return found;
  }
  std::vector<std::string> names = catalogue_ids(kind);
  for (const std::string& id : catalogue_ids(kind)) {
    for (const std::string& alias : catalogue_aliases(kind, id)) {
      names.push_back(alias);
    }
  }
  fail(fmt::format("no {} '{}'{}; `moru show {}s` lists them, or give a path to a file", kind.name,
                   name, did_you_mean(name, std::span<const std::string>(names)), kind.name));
}

std::string measured_data_root() {
  const std::string chosen = environment("MORU_DATA");
  return chosen.empty() ? std::string(MORU_SOURCE_DIR "/../shared/data") : chosen;
}

std::string expand_path(std::string_view path, std::string_view base_folder) {
  std::string expanded(path);
  constexpr std::string_view kVariable = "${MORU_DATA}";
  if (const std::size_t at = expanded.find(kVariable); at != std::string::npos) {
    expanded.replace(at, kVariable.size(), measured_data_root());
  }
  if (expanded.starts_with("~/")) {
    expanded = environment("HOME") + expanded.substr(1);
  }
  if (expanded.empty() || expanded.front() == '/' || expanded == "-" || base_folder.empty()) {
    return expanded;
  }
  return fmt::format("{}/{}", base_folder, expanded);
}

}  // namespace moru
