#include "moru/mapping/constants.h"

namespace moru {

const Constant kMatrixEfficiency = {
    "matrix_efficiency",
    0.80,
    0.60,
    0.95,
    "1",
    "share of the dense datasheet peak that a large product sustains",
    "A100 and H100 cuBLAS bf16 products of 8192^3 reach 80 to 85% of the datasheet peak and up to "
    "95% "
    "with zeros as data (Dao, FlashAttention-2, arXiv 2307.08691, section 4; Horace He, "
    "'Strangely, "
    "Matrix Multiplications on GPUs Run Faster When Given Predictable Data', 2024); small ones "
    "less"};
const Constant kVectorEfficiency = {
    "vector_efficiency",
    0.70,
    0.50,
    0.90,
    "1",
    "share of the vector peak that element-wise work sustains",
    "issue slots lost to loads, stores and address arithmetic; an estimate"};
const Constant kMemoryEfficiency = {
    "memory_efficiency",
    0.90,
    0.80,
    0.95,
    "1",
    "share of the datasheet bandwidth that memories without DRAM tables sustain (SRAM, LPDDR4X, "
    "announced kinds); of the others the DRAM engine says it",
    "what the engine says of the others: 0.87 to 0.99 of long reads"};
const Constant kMemoryReach = {"memory_reach",
                               1.0,
                               0.90,
                               1.04,
                               "1",
                               "share of what the memory sustains that operators reach",
                               "the engine's streaming shares lie within 4% of the best measured "
                               "ones (docs/memory.md); kernels "
                               "that start and end reach less"};
const Constant kCacheEfficiency = {
    "cache_efficiency",
    0.80,
    0.60,
    0.95,
    "1",
    "share of the shared cache's bandwidth that concurrent cores sustain",
    "an estimate"};
const Constant kLinkEfficiency = {
    "link_efficiency",
    0.80,
    0.65,
    0.92,
    "1",
    "share of a link's raw bandwidth that large collectives sustain",
    "packet headers and flow control; nccl-tests bus bandwidth of 240 of 300 GB/s on NVLink3 and "
    "370 "
    "of 450 GB/s on NVLink4 without in-switch reduction (NCCL issue threads)"};
const Constant kGraphLaunch = {
    "graph_launch",
    1.5e-6,
    0.8e-6,
    3e-6,
    "s",
    "from the end of one kernel to the start of the next inside a replayed CUDA graph, with the "
    "ramp up and down of the kernel itself",
    "NVIDIA, 'Constant Time Launch for Straight-Line CUDA Graphs', 2024 (about 1 us per node)"};
const Constant kEagerLaunch = {"eager_launch",
                               5e-6,
                               3e-6,
                               10e-6,
                               "s",
                               "between two operators that the host launches one by one",
                               "NVIDIA, 'Getting Started with CUDA Graphs', 2019 (about 2 us CPU "
                               "launch, 5 us with framework)"};
const Constant kCompiledLaunch = {"compiled_launch",
                                  2e-6,
                                  0.5e-6,
                                  5e-6,
                                  "s",
                                  "between two operators of an ahead-of-time compiled program on "
                                  "an NPU: descriptor fetch, barrier",
                                  "an estimate; vendors publish none"};
const Constant kLinkLatency = {
    "link_latency",
    2e-6,
    1e-6,
    5e-6,
    "s",
    "one hop of a collective between chips, software included, where the chip states none",
    "nccl-tests small-message latency on NVLink divided by its steps (about 10 us for 8 ranks)"};
const Constant kVectorToMatrixRate = {
    "vector_to_matrix_rate",
    1.0 / 16,
    1.0 / 32,
    1.0 / 8,
    "1",
    "vector rate as a share of the 16-bit matrix rate, where the chip states none",
    "A100 fp32 19.5 of 312 TFLOPS, H100 66.9 of 989, MI300X 163 of 1307"};

const Constant kTransferStart = {
    "transfer_start",
    2.5e-6,
    1.5e-6,
    4e-6,
    "s",
    "setting up a transfer between memory and scratchpad and waiting for its first bytes",
    "estimated from rows: TPU v3 small operations cost about 2,300 cycles above compute and "
    "transfer "
    "(PyTorchSim baseline_cycle.csv)"};
const Constant kDescriptor = {"descriptor",
                              20e-9,
                              10e-9,
                              40e-9,
                              "s",
                              "issuing one more descriptor of a gather",
                              "estimated from rows: TPU v6e embedding lookups (LLMServingSim)"};
const Constant kVectorSoftmax = {
    "vector_softmax",
    21,
    14,
    30,
    "1",
    "vector instructions per element of a softmax, the exponential as a polynomial",
    "estimated from rows: TPU v3 softmax of 8192 x 8192 (PyTorchSim); about 12 for exp, the rest "
    "maximum, subtraction, sum and division"};

std::span<const Constant* const> all_constants() {
  static constexpr const Constant* kAll[] = {
      &kMatrixEfficiency, &kVectorEfficiency, &kMemoryEfficiency,   &kMemoryReach,
      &kCacheEfficiency,  &kLinkEfficiency,   &kGraphLaunch,        &kEagerLaunch,
      &kCompiledLaunch,   &kLinkLatency,      &kVectorToMatrixRate, &kTransferStart,
      &kDescriptor,       &kVectorSoftmax};
  return kAll;
}

}  // namespace moru
