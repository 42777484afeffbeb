// Constants of the engine around the kernels; listed by `moru show constants`.
#pragma once

#include "moru/mapping/constants.h"

namespace moru {

inline constexpr Constant kAsyncStepOverhead = {
    "async_step_overhead",
    300e-6,
    0,
    900e-6,
    "s",
    "host time of a step that asynchronous scheduling does not hide behind the kernels",
    "LLMServingSim 2.x replays of vLLM 0.19 runs: the sum of profiled kernel times gives TPOT "
    "within "
    "-1.7 to +0.8%, which leaves 0 to 0.9 ms on steps of 20 to 50 ms"};
inline constexpr Constant kSyncStepOverhead = {
    "sync_step_overhead",
    2e-3,
    1e-3,
    6e-3,
    "s",
    "host time of a step when scheduling and input preparation wait for the step before",
    "vLLM before asynchronous scheduling: schedule() 0.5 to 2 ms and input preparation 1 to 5 ms "
    "(inference-sim issue 482)"};
inline constexpr Constant kRuntimeMemory = {
    "runtime_memory",
    1.0e9,
    0.5e9,
    2.5e9,
    "B",
    "memory of a GPU taken by the CUDA context, communication buffers and recorded graphs",
    "vLLM start-up logs report 0.5 to 1 GiB outside PyTorch and as much again for graphs"};

inline constexpr Constant kFrontEnd = {
    "front_end",
    3e-3,
    1e-3,
    5e-3,
    "s",
    "of the one process that takes in requests, for each: HTTP, chat template, a hop between "
    "processes",
    "FastAPI and two ZeroMQ hops 1 to 3 ms"};
inline constexpr Constant kTokenisation = {
    "tokenisation",
    2e-6,
    1e-6,
    2.5e-6,
    "s",
    "of the same process, for each token of the prompt",
    "Hugging Face tokenizers encode 2.6 to 4 MB/s on one thread (huggingface/tokenizers, pull "
    "requests 2298 and 2322); a token has four to five bytes"};

std::span<const Constant* const> serving_constants();

}  // namespace moru
