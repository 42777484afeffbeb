// A way of mapping operators onto a chip: one file in mapper/ each, registered by name.
#pragma once

#include "moru/chip/chip.h"
#include "moru/mapping/explanation.h"
#include "moru/mapping/op_cost.h"
#include "moru/model/operator.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace moru {

// How a program is started on the chip.
enum class Execution {
  graph,  // recorded once and replayed, or compiled ahead of time
  eager,  // launched operator by operator by the host
};

// The software that drives the chip.
struct Software {
  Execution execution = Execution::graph;
  // Whose kernels: vllm, sglang, trtllm or ideal (mapping/engine.h).
  std::string backend = "ideal";
  // Tokens whose keys stand together in memory: vLLM's block_size.
  std::int64_t kv_block = 16;
};

// A mapper made ready for one chip: everything that does not depend on the operator is done.
//
// Contract: cost() is a pure function of its argument; it is called millions of times, from any
// thread, and must not allocate when it succeeds.
class ChipMapper {
 public:
  virtual ~ChipMapper() = default;
  virtual tl::expected<OpCost, Infeasible> cost(const Operator& op) const = 0;
  // Host time to start the operator where it is not part of a recorded graph; the host works ahead
  // of the chip, so a step takes the longer of the two. 0: programs run without the host.
  virtual double host_seconds(const Operator&) const { return 0; }
  // Why cost() says what it says. May allocate. Mappers without kernels refuse.
  virtual tl::expected<Explanation, Infeasible> explain(const Operator& op) const {
    return tl::unexpected(Infeasible{"no kernels to explain '" + std::string(op.name) +
                                     "' by; use --mapper tiled on a GPU or an NPU"});
  }
};

// What a chip must still state before any mapper can take it; nothing if all is there.
std::optional<Infeasible> simulation_problem(const Chip& chip);

class Mapper {
 public:
  virtual ~Mapper() = default;
  // Keeps a reference to `chip`, which must outlive the result.
  virtual tl::expected<std::unique_ptr<ChipMapper>, Infeasible> prepare(
      const Chip& chip, const Software& software) const = 0;
};

}  // namespace moru
