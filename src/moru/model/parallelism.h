// How one replica of a model is spread over chips, in vLLM's words.
#pragma once

namespace moru {

struct Parallelism {
  int tensor = 1;       // --tensor-parallel-size: heads, MLP columns and vocabulary are split
  int pipeline = 1;     // --pipeline-parallel-size: layers are split
  int data = 1;         // --data-parallel-size: attention is replicated, requests are split
  bool expert = false;  // --enable-expert-parallel: experts are split over tensor x data ranks

  int chips() const { return tensor * pipeline * data; }
  // Ranks that share the routed experts of one layer.
  int expert_ranks() const { return expert ? tensor * data : 1; }
};

}  // namespace moru
