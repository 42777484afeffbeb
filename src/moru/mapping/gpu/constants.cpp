#include "moru/mapping/gpu/constants.h"

namespace moru {
namespace {

using C = GpuConstants;

constexpr GpuConstant kConstants[] = {
    {&C::kernel_start, "kernel_start", 2000, 9000, "clk", "a kernel of a replayed graph that does nothing", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::kernel_only, "kernel_only", 500, 9000, "clk", "the same as a profiler sees it, without the gap before it", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::dependent_kernel, "dependent_kernel", 1500, 9000, "clk", "each further kernel that waits for the one before", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::memory_latency, "memory_latency", 500, 3000, "clk", "from a core's load to its data out of main memory, under load", "micro-benchmarks: 470 to 650 cycles unloaded (arXiv 2402.13499); about twice under load", false, ""},
    {&C::memory_efficiency, "memory_efficiency", 0.75, 0.97, "1", "share of the datasheet bandwidth that long streams sustain", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::cache_bytes_per_clock, "cache_bytes_per_clock", 16, 64, "B", "per clock and core out of the shared cache", "one 64-byte port of a core to the cache (A100 whitepaper: 5,120 bytes per clock and slice side)", false, ""},
    {&C::cache_share, "cache_share", 0.5, 1.1, "1", "share of the cache that keeps what is used again", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::issue_efficiency, "issue_efficiency", 0.6, 1.0, "1", "share of the matrix units' issue slots of a steady main loop", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::register_issue, "register_issue", 0.6, 1.0, "1", "the same with operands from registers", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::store_bytes_per_clock, "store_bytes_per_clock", 8, 128, "B", "results per clock out of a core", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::cta_start, "cta_start", 200, 5000, "clk", "start of a block of threads, its first load and last store", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::overlap_norm, "overlap_norm", 1.5, 10, "1", "p of the p-norm with which concurrent resources add up", "a choice between the maximum (infinite) and the sum (1) of concurrent resources", false, ""},
    {&C::step_cycles, "step_cycles", 0, 150, "clk", "barrier and address work of one k-step", "a barrier and address updates per k-step; an estimate", false, ""},
    {&C::bytes_in_flight_per_core, "bytes_in_flight_per_core", 8e3, 100e3, "B", "outstanding loads of one core", "two to three stages of 16 to 24 KB (TMA pipelines); Little's law", false, ""},
    {&C::matrix_energy, "matrix_energy", 0.5e-12, 2.5e-12, "J", "one 16-bit operation at N7 and 1.5 GHz, register operands", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::asynchronous_energy, "asynchronous_energy", 0.5, 1.2, "1", "the same with operands from shared memory", "no evidence that operands from shared memory cost less than from registers", false, ""},
    {&C::boost_headroom, "boost_headroom", 1.0, 1.12, "1", "highest clock under matrix work over the datasheet boost", "H100 1980 against 1830 MHz, RTX PRO 6000 2617 against 2430", false, ""},
    {&C::power_window, "power_window", 0.005, 0.4, "s", "time over which the power limiter averages", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::quiet_data, "quiet_data", 0.6, 1.0, "1", "switching power with constant small operands", "zeros against random data: 14% in rate, so about 0.77 in power; small constants lie between (thonking.ai, 2024)", false, ""},
    {&C::write_efficiency, "write_efficiency", 0.6, 1.0, "1", "writes against reads of main memory", "no difference between reads and writes assumed", false, ""},
    {&C::row_latency, "row_latency", 500, 8000, "clk", "a block of threads that reduces one row", "two passes over a row at the latency of main memory, half hidden", false, ""},
    {&C::cache_latency, "cache_latency", 150, 900, "clk", "from a core's load to its data out of the shared cache", "micro-benchmarks of A100 and H100: 200 to 280 cycles unloaded (arXiv 2402.13499), more under load", false, ""},
    {&C::quantise_operations, "quantise_operations", 10, 200, "1", "vector operations to quantise one element", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::dequantise_operations, "dequantise_operations", 0.5, 10, "1", "vector operations to expand one weight", "two weights per packed instruction: mask-shift and fused multiply-add (Marlin, arXiv 2408.11743)", false, ""},
    {&C::python_operator, "python_operator", 15e-6, 150e-6, "s", "host time of a quantised product launched from Python", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::grace_host, "grace_host", 1, 3, "1", "Python on a Grace host against x86", "single-thread Python benchmarks of Neoverse V2 against x86 servers; an estimate", false, ""},
    {&C::host_dispatch, "host_dispatch", 5e-6, 60e-6, "s", "a PyTorch call with launch and synchronisation", "estimated by moru validate ops --calibrate", true, "gemm"},
    {&C::softmax_operations, "softmax_operations", 3, 30, "1", "vector operations per score in online softmax", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::exponential_emulation, "exponential_emulation", 0.3, 1.2, "1", "share of exponentials left to the special-function unit", "FlashAttention-4 computes part of the exponentials as polynomials", false, ""},
    {&C::attention_norm, "attention_norm", 1, 6, "1", "p of the p-norm of matrix and softmax work", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::attention_ramp, "attention_ramp", 500, 30000, "clk", "prologue and epilogue of an attention kernel", "launch of the first tile: as a tile of its own, less the product", false, ""},
    {&C::tile_start, "tile_start", 500, 20000, "clk", "first loads and last store of one tile of queries", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::shallow_bytes_in_flight, "shallow_bytes_in_flight", 2e3, 40e3, "B", "outstanding loads of one core in FlashAttention-2 decode", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::later_start, "later_start", 500, 15000, "clk", "each further part of a decode on the same core", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::decode_start, "decode_start", 500, 20000, "clk", "first loads and last store of one part of a decode", "estimated by moru validate ops --calibrate", true, "attention"},
    {&C::decode_efficiency, "decode_efficiency", 0.7, 0.97, "1", "share of the datasheet bandwidth that reading a KV cache sustains", "BabelStream on A100 and H100: 0.88 to 0.94 of the datasheet", false, ""},
    {&C::portable_efficiency, "portable_efficiency", 0.1, 1, "1", "matrix rate of portable kernels (Triton, Marlin) against the library's", "estimated by moru validate ops --calibrate", true, "moe"},
    {&C::expert_efficiency, "expert_efficiency", 0.4, 1.0, "1", "grouped against plain products", "products of unequal size leave a tail; an estimate", false, ""},
    {&C::link_efficiency, "link_efficiency", 0.5, 0.95, "1", "share of a link's raw bandwidth", "estimated by moru validate ops --calibrate", true, "collective"},
    {&C::link_latency, "link_latency", 0.3e-6, 4e-6, "s", "one dependent step between chips", "estimated by moru validate ops --calibrate", true, "collective"},
    {&C::collective_start, "collective_start", 2e-6, 20e-6, "s", "starting a NCCL kernel", "estimated by moru validate ops --calibrate", true, "collective"},
    {&C::flagged_bandwidth, "flagged_bandwidth", 0.1, 0.5, "1", "bandwidth of LL", "LL carries 4 bytes of data with 4 of flag (NCCL source)", false, ""},
    {&C::fenced_steps, "fenced_steps", 1, 8, "1", "Simple step against LL step", "estimated by moru validate ops --calibrate", true, "collective"},
    {&C::direct_latency, "direct_latency", 1e-6, 12e-6, "s", "barriers of a direct all-reduce", "estimated by moru validate ops --calibrate", true, "collective"},
    {&C::copy_per_core, "copy_per_core", 10e9, 80e9, "B/s", "what one core copies over a link", "estimated by moru validate ops --calibrate", true, "collective"},
    {&C::direct_start, "direct_start", 1e-6, 8e-6, "s", "starting a direct all-reduce in a graph", "as any kernel of a recorded graph", false, ""},
    {&C::host_hop, "host_hop", 1e-6, 20e-6, "s", "one step through the host", "a PCIe round trip through the root complex", false, ""},
    {&C::host_share, "host_share", 0.1, 1, "1", "PCIe bandwidth that a path through the host gets", "payload of PCIe packets: 256 of about 280 bytes, and reads in flight", false, ""},
    {&C::vector_efficiency, "vector_efficiency", 0.1, 1, "1", "issue share of vector work", "estimated by moru validate ops --calibrate", true, "elementwise"},
    {&C::paired_energy, "paired_energy", 0.3, 1.2, "1", "the same with operands shared by two cores", "estimated by moru validate ops --calibrate", true, "gemm"},
};

}  // namespace

std::span<const GpuConstant> gpu_constants() { return kConstants; }

}  // namespace moru
