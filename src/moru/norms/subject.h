// What rules are asked about: a chip, a memory package, a model, a service or a site, as values of
// the defined quantities, each saying where it comes from.
#pragma once

#include "moru/chip/chip.h"
#include "moru/norms/rulebook.h"

#include <map>
#include <string>
#include <vector>

namespace moru {

struct Stated {
  Value value;
  std::string how;  // the arithmetic, or the words of the file
  std::string source;
  std::string trust;
};

struct Subject {
  std::string name;
  SubjectKind kind = SubjectKind::chip;
  std::map<std::string, Stated> values;
};

// The quantities of a chip, each per integrated circuit: a card's figures are shared equally by its
// packages. The area of a die that nobody has published lies between nothing and the reticle; so
// does what follows from it.
Subject chip_subject(const Chip& chip, const Rulebook& rules);

// A model of the catalogue or a config.json: its parameters, and its training compute if its tokens
// are known.
Subject model_subject(const std::string& model, const Rulebook& rules);

// A YAML file that says `subject: site` (or chip, memory, model, service) and lists `values`.
Subject subject_from(const Document& document, const Rulebook& rules);

// By chip id, model id or path: a chip YAML, a config.json or a subject YAML. Throws Error.
Subject load_subject(const std::string& name, const Rulebook& rules);

// "--set name=value". Throws Error.
void set_value(Subject& subject, const std::string& assignment, const Rulebook& rules);

}  // namespace moru
