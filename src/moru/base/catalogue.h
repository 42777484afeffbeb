// Finds the things that files describe: chips, models, workloads, by id, alias or path.
//
// Searched in this order: $MORU_CATALOGUE (a folder with chips/, models/, …), the current folder's
// data/, $XDG_DATA_HOME/moru, the source tree the binary was built from, the installed share/moru.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moru {

// A kind of thing that has files: {"chip", "chips", ".yaml"}. An id is the path below the folder
// without the suffix; aliases stand on one line of the alias file: `aliases: [a, b]`.
struct CatalogueKind {
  std::string_view name;        // for messages
  std::string_view folder;      // below a data root
  std::string_view suffix;      // of the file that describes the thing
  std::string_view alias_file;  // suffix of the file that holds the aliases line
};

inline constexpr CatalogueKind kChips = {"chip", "chips", ".yaml", ".yaml"};
inline constexpr CatalogueKind kModels = {"model", "models", "/config.json", "/provenance.yaml"};
inline constexpr CatalogueKind kWorkloads = {"workload", "workloads", ".yaml", ".yaml"};

// The data roots that exist, in search order.
std::vector<std::string> data_roots();

// All ids of a kind, sorted, each once (the first root wins).
std::vector<std::string> catalogue_ids(const CatalogueKind& kind);
// The names that a thing also answers to.
std::vector<std::string> catalogue_aliases(const CatalogueKind& kind, std::string_view id);

struct Found {
  std::string id;
  std::string path;  // empty if nothing has that id or alias
};
// By id, then by alias; both also ignoring case, '-', '_' and spaces.
Found find_in_catalogue(const CatalogueKind& kind, std::string_view name);

// As find_in_catalogue, or Error with the nearest known names.
Found require_in_catalogue(const CatalogueKind& kind, std::string_view name);

// Where the measured data for validation live: $MORU_DATA, else ../shared/data beside the source
// tree.
std::string measured_data_root();
// Replaces ${MORU_DATA} and a leading ~/ in a path; a relative path stands below `base_folder`.
std::string expand_path(std::string_view path, std::string_view base_folder);

}  // namespace moru
