// A way of mapping operators onto a chip: one file in mapper/ each, registered by name.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/op_cost.h"
#include "moru/model/operator.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>

namespace moru {

// How a program is started on the chip.
enum class Execution {
  graph,  // recorded once and replayed, or compiled ahead of time
  eager,  // launched operator by operator by the host
};

// What a mapper needs to know beside the chip.
struct Programming {
  // Implicit: most callers care for nothing else.
  Programming(Execution how = Execution::graph, std::int64_t tokens_per_kv_block = 16)  // NOLINT
      : execution(how), kv_block(tokens_per_kv_block) {}
  Execution execution;
  std::int64_t kv_block;  // tokens whose keys stand together in memory; vLLM's block_size
};

// A mapper made ready for one chip: everything that does not depend on the operator is done.
//
// Contract: cost() is a pure function of its argument; it is called millions of times, from any
// thread, and must not allocate when it succeeds.
class ChipMapper {
 public:
  virtual ~ChipMapper() = default;
  virtual tl::expected<OpCost, Infeasible> cost(const Operator& op) const = 0;
};

class Mapper {
 public:
  virtual ~Mapper() = default;
  // Keeps a reference to `chip`, which must outlive the result.
  virtual tl::expected<std::unique_ptr<ChipMapper>, Infeasible> prepare(
      const Chip& chip, Programming programming) const = 0;
};

}  // namespace moru
