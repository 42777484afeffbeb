#include "moru/report/provenance.h"

#include "moru/base/catalogue.h"
#include "moru/base/fields_parse.h"
#include "moru/base/file.h"

#include <filesystem>

namespace moru {

Provenance provenance_of(const std::string& model_id) {
  const Found found = find_in_catalogue(kModels, model_id);
  const std::string path =
      found.path.empty()
          ? ""
          : (std::filesystem::path(found.path).parent_path() / "provenance.yaml").string();
  return file_exists(path) ? parse_document<Provenance>(read_document(path)) : Provenance{};
}

}  // namespace moru
