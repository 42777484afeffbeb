// A chip as data: what a datasheet, a whitepaper or an architect's own YAML says about it.
//
// Rates are dense (no sparsity). Link bandwidths are per direction. Every value may carry its
// source and a range (Sourced); what is not given falls back to the file's own `source`. A chip
// that does not exist yet is described with exactly the same fields.
#pragma once

#include "moru/base/dtype.h"
#include "moru/base/fields.h"
#include "moru/base/units.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moru {

class FieldCheck;

// How the chip runs a program, which decides how operators map onto it.
enum class ChipKind {
  gpu,             // many cores with matrix units behind a shared cache
  npu,             // systolic or tensor-contraction arrays with software-managed SRAM
  memory_centric,  // weights live in SRAM or inside the memory; no or little off-chip traffic
};
template <>
struct EnumNames<ChipKind> {
  static constexpr std::array<std::pair<std::string_view, ChipKind>, 3> values = {
      {{"gpu", ChipKind::gpu},
       {"npu", ChipKind::npu},
       {"memory_centric", ChipKind::memory_centric}}};
};

enum class ChipStatus { shipping, announced, retired, cancelled, hypothetical };
template <>
struct EnumNames<ChipStatus> {
  static constexpr std::array<std::pair<std::string_view, ChipStatus>, 5> values = {
      {{"shipping", ChipStatus::shipping},
       {"announced", ChipStatus::announced},
       {"retired", ChipStatus::retired},
       {"cancelled", ChipStatus::cancelled},
       {"hypothetical", ChipStatus::hypothetical}}};
};

enum class LinkScope { scale_up, scale_out, host };
template <>
struct EnumNames<LinkScope> {
  static constexpr std::array<std::pair<std::string_view, LinkScope>, 3> values = {
      {{"scale_up", LinkScope::scale_up},
       {"scale_out", LinkScope::scale_out},
       {"host", LinkScope::host}}};
};

enum class MatrixKind { tensor_core, systolic };
template <>
struct EnumNames<MatrixKind> {
  static constexpr std::array<std::pair<std::string_view, MatrixKind>, 2> values = {
      {{"tensor_core", MatrixKind::tensor_core}, {"systolic", MatrixKind::systolic}}};
};

// The matrix unit of one core.
struct MatrixUnit {
  static constexpr std::string_view kTypeName = "matrix unit";
  std::optional<Sourced<MatrixKind>> kind;
  std::optional<Sourced<int>> count;                 // units per core
  std::optional<Sourced<int>> rows;                  // of one array
  std::optional<Sourced<int>> columns;               // of one array
  std::map<DType, Sourced<double>> flops_per_clock;  // of one core, all its units together

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("kind", x.kind,
               "tensor_core (operands from registers or shared memory) or systolic");
    v.optional("count", x.count, "matrix units per core");
    v.optional("rows", x.rows, "rows of one array");
    v.optional("columns", x.columns, "columns of one array");
    v.optional("flops_per_clock", x.flops_per_clock,
               "dense operations per clock and core by dtype; a multiply-add counts two");
  }
};

// What is repeated across the die: a streaming multiprocessor, a tensor core, a processing element.
struct Core {
  static constexpr std::string_view kTypeName = "core";
  std::string name = "core";
  Sourced<int> count = 1;
  std::optional<Sourced<int>> built;
  std::optional<MatrixUnit> matrix;
  std::map<DType, Sourced<double>> vector_flops_per_clock;
  std::optional<Sourced<Bytes>> sram;
  std::optional<Sourced<Bytes>> shared_memory;
  std::optional<Sourced<Bytes>> registers;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("name", x.name, "the vendor's word for it: SM, CU, TensorCore, PE");
    v.required("count", x.count, "how many are enabled on the chip");
    v.optional("built", x.built, "how many are on the silicon, spares included");
    v.optional("matrix", x.matrix, "its matrix units");
    v.optional("vector_flops_per_clock", x.vector_flops_per_clock,
               "vector operations per clock and core by dtype; a multiply-add counts two");
    v.optional("sram", x.sram, "private SRAM of one core (L1 and shared memory, scratchpad)");
    v.optional("shared_memory", x.shared_memory, "the part of it a program may address");
    v.optional("registers", x.registers, "register file of one core");
  }
  void validate(const FieldCheck& check) const;
};

// An on-chip memory shared by the cores.
struct Cache {
  static constexpr std::string_view kTypeName = "cache";
  std::string name;
  Sourced<Bytes> capacity;
  std::optional<Sourced<Bytes>> built;
  std::optional<Sourced<BytesPerSecond>> bandwidth;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "l2, infinity_cache, sram");
    v.required("capacity", x.capacity, "of the whole chip");
    v.optional("built", x.built, "what is on the silicon, spares included");
    v.optional("bandwidth", x.bandwidth, "read bandwidth to all cores together");
  }
};

// A memory that holds weights and KV cache. The first one listed is the main one.
struct MemoryLevel {
  static constexpr std::string_view kTypeName = "memory level";
  std::string name;
  std::string kind;
  std::optional<Sourced<int>> stacks;
  std::optional<Sourced<int>> sites;
  std::optional<Sourced<int>> bus_bits;
  std::optional<Sourced<Bytes>> capacity;
  std::optional<Sourced<BytesPerSecond>> bandwidth;
  bool has_inline_ecc = false;
  std::optional<std::string> part;
  std::optional<Sourced<Bytes>> interleave;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "hbm, lpddr, gddr, sram");
    v.required("kind", x.kind, "HBM2E, HBM3, HBM3E, HBM4, GDDR6, LPDDR5X, DDR5, SRAM");
    v.optional("stacks", x.stacks, "HBM stacks, or packages of other kinds");
    v.optional("sites", x.sites, "stacks that the dies have interfaces for, unused ones included");
    v.optional("bus_bits", x.bus_bits, "data pins of all stacks together");
    v.optional("capacity", x.capacity, "all stacks together, as usable by a program");
    v.optional("bandwidth", x.bandwidth, "peak of all stacks together");
    v.optional("inline_ecc", x.has_inline_ecc, "parity is kept among the data and read with it");
    v.optional("part", x.part, "DRAM part (`moru dram --dram`); by kind and pin rate if absent");
    v.optional("interleave", x.interleave,
               "consecutive bytes in one pseudo-channel before the next; 256 B if absent");
  }
};

struct Die {
  static constexpr std::string_view kTypeName = "die";
  std::string name = "compute";
  Sourced<int> count = 1;
  std::optional<Sourced<Area>> area;
  std::optional<Sourced<std::string>> node;
  std::optional<Sourced<std::string>> foundry;
  std::optional<Sourced<double>> transistors;
  std::optional<Sourced<BytesPerSecond>> die_to_die;
  bool is_planar = false;
  bool is_stacked = false;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("name", x.name, "compute, io, base");
    v.required("count", x.count, "dies of this kind in the package");
    v.optional("area", x.area, "of one die");
    v.optional("node", x.node, "process: N7, N5, SF4X, 12nm");
    v.optional("foundry", x.foundry, "who makes it");
    v.optional("transistors", x.transistors, "on one die");
    v.optional("die_to_die", x.die_to_die,
               "of one die to the others in the package, all its interfaces, in one direction");
    v.optional("is_planar", x.is_planar, "true for planar transistors (older than FinFET)");
    v.optional("is_stacked", x.is_stacked, "true if it stands on another die of the package");
  }
  void validate(const FieldCheck& check) const;
};

struct Link {
  static constexpr std::string_view kTypeName = "link";
  std::string name;
  LinkScope scope = LinkScope::scale_up;
  Sourced<BytesPerSecond> bandwidth;
  std::optional<Sourced<int>> domain;
  std::optional<Sourced<std::string>> topology;
  std::optional<Sourced<Seconds>> latency;

  template <class V>
  static void fields(V& v, auto& x) {
    v.required("name", x.name, "NVLink4, PCIe 5.0 x16, ICI");
    v.required("scope", x.scope, "scale_up (chip to chip), scale_out (node to node), host");
    v.required("bandwidth", x.bandwidth, "of one chip, all its lanes, in one direction");
    v.optional("domain", x.domain, "chips that reach each other through it");
    v.optional("topology", x.topology, "switch, ring, mesh, torus2d, torus3d, direct");
    v.optional("latency", x.latency, "one message from chip to chip, software included");
  }
};

struct Clock {
  static constexpr std::string_view kTypeName = "clock";
  std::optional<Sourced<Hertz>> boost;
  std::optional<Sourced<Hertz>> max;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("boost", x.boost, "the clock at which the datasheet peaks hold");
    v.optional("max", x.max, "the highest clock the chip is allowed");
  }
};

struct Power {
  static constexpr std::string_view kTypeName = "power";
  std::optional<Sourced<Watts>> tdp;
  std::optional<Sourced<Watts>> idle;
  bool is_thermal = false;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("tdp", x.tdp, "board or module power limit");
    v.optional("idle", x.idle, "with a model loaded and no work");
    v.optional("thermal", x.is_thermal, "the limit is one of cooling: no budget lowers the clock");
  }
};

// Host-side cost of starting work, where it is known for this chip.
struct Launch {
  static constexpr std::string_view kTypeName = "launch cost";
  std::optional<Sourced<Seconds>> graph;
  std::optional<Sourced<Seconds>> eager;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("graph", x.graph, "between two operators of a recorded graph or compiled program");
    v.optional("eager", x.eager, "between two operators launched one by one by the host");
  }
};

struct Chip {
  static constexpr std::string_view kTypeName = "chip";
  std::string id;
  std::vector<std::string> aliases;
  std::string name;
  std::string vendor;
  std::string country;
  std::optional<int> year;
  ChipStatus status = ChipStatus::shipping;
  ChipKind kind = ChipKind::gpu;
  std::string architecture;
  std::optional<bool> marketed_for_datacentre;
  std::optional<Sourced<int>> packages;
  Clock clock;
  std::optional<Core> cores;
  std::map<DType, Sourced<FlopsPerSecond>> peak;
  std::map<DType, Sourced<FlopsPerSecond>> vector_peak;
  std::vector<Cache> caches;
  std::vector<MemoryLevel> memory;
  std::vector<Die> dies;
  std::vector<Link> links;
  Power power;
  Launch launch;
  std::optional<Sourced<Dollars>> price;
  std::vector<std::string> not_published;
  std::vector<std::string> notes;
  std::string source;
  std::string trust;
  std::map<std::string, std::string> sources;

  template <class V>
  static void fields(V& v, auto& x) {
    v.optional("id", x.id, "the file's name without .yaml");
    v.optional("aliases", x.aliases, "other names it answers to, on one line");
    v.required("name", x.name, "what the vendor calls it");
    v.optional("vendor", x.vendor, "who sells it");
    v.optional("country", x.country, "of the vendor, ISO 3166 alpha-2");
    v.optional("year", x.year, "of first shipment");
    v.optional("status", x.status, "shipping, announced, retired, cancelled, hypothetical");
    v.optional("kind", x.kind, "gpu, npu or memory_centric: how operators map onto it");
    v.optional("architecture", x.architecture, "family: ampere, hopper, cdna3, tpu, rngd");
    v.optional("marketed_for_datacentre", x.marketed_for_datacentre,
               "designed or marketed for data centres (export rules ask)");
    v.optional("packages", x.packages,
               "integrated circuits that share this file's figures, for a card; 1 if absent");
    v.optional("clock", x.clock, "clocks of the cores");
    v.optional("cores", x.cores, "what is repeated across the die");
    v.optional("peak", x.peak, "dense matrix rate of the whole chip by dtype, at clock.boost");
    v.optional("vector_peak", x.vector_peak, "vector rate of the whole chip by dtype");
    v.optional("caches", x.caches, "on-chip memories shared by the cores, nearest first");
    v.optional("memory", x.memory, "what holds weights and KV cache, the main one first");
    v.optional("dies", x.dies, "silicon in the package, memory excluded");
    v.optional("links", x.links, "to other chips and to the host");
    v.optional("power", x.power, "limits and idle power");
    v.optional("launch", x.launch, "cost of starting an operator; by kind of chip if absent");
    v.optional("price", x.price, "of one chip or board");
    v.optional("not_published", x.not_published, "fields the vendor has not disclosed");
    v.optional("notes", x.notes, "what a reader should know");
    v.optional("source", x.source, "of every value that names none, or a key of sources");
    v.optional("trust", x.trust, "of every value that names none: S V T M E D");
    v.optional("sources", x.sources, "short name -> where it was read");
  }
  void validate(const FieldCheck& check) const;

  // Derived figures. Rates fall back as hardware does: bf16 and fp16 stand for each other, and the
  // per-core rates times count and clock stand for a missing chip peak. nullopt: cannot multiply
  // it.
  std::optional<FlopsPerSecond> matrix_rate(DType dtype) const;
  std::optional<FlopsPerSecond> vector_rate() const;
  // The format a product of these operands is multiplied in: the wider operand's if it holds both,
  // else the narrowest that the chip's matrix units have and that holds both without loss (fp8 or
  // int8 weights on a chip without that format are multiplied in bf16). fp32 means tf32 where the
  // chip has it. bf16 if nothing holds them; matrix_rate() then says whether that can be
  // multiplied.
  DType compute_dtype(DType weight, DType activation) const;
  const MemoryLevel* main_memory() const { return memory.empty() ? nullptr : &memory.front(); }
  // The fastest link of a scope, or nullptr.
  const Link* link(LinkScope scope) const;
  Bytes cache_capacity() const;
  // Names of the fields without which nothing can be simulated; empty if all are there.
  std::vector<std::string> missing_for_simulation() const;
};

// By id, alias, or path to a YAML file. Throws Error.
Chip load_chip(const std::string& name_or_path);
Chip parse_chip(const std::string& yaml_text, const std::string& file_name);

}  // namespace moru
