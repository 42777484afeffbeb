// Where a model's config was read and what its maker says of it: the provenance.yaml beside it.
#pragma once

#include "moru/base/fields.h"

#include <string>
#include <vector>

namespace moru {

struct Provenance {
  static constexpr std::string_view kTypeName = "provenance";
  std::vector<std::string> aliases;
  std::string source;
  std::string trust;
  std::string published_parameters;
  std::string published_active_parameters;
  std::string published_source;
  std::string exception;
  std::string active_exception;
  std::string not_modelled;
  std::string parameters_not_modelled;
  std::string note;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("aliases", x.aliases, "other names it answers to, on one line");
    v.optional("source", x.source, "where the config was read");
    v.optional("trust", x.trust, "of the config: S V T M E D");
    v.optional("published_parameters", x.published_parameters, "as its maker states them");
    v.optional("published_active_parameters", x.published_active_parameters,
               "used for one token, as its maker states them");
    v.optional("published_source", x.published_source, "where the maker states them");
    v.optional("exception", x.exception, "why the count differs from the published one");
    v.optional("active_exception", x.active_exception, "the same for the active parameters");
    v.optional("not_modelled", x.not_modelled, "parts of the checkpoint that are not run");
    v.optional("parameters_not_modelled", x.parameters_not_modelled, "and their size");
    v.optional("note", x.note, "what a reader should know");
  }
};

// Of a model of the catalogue; empty for a config.json without one. Throws Error.
Provenance provenance_of(const std::string& model_id);

}  // namespace moru
