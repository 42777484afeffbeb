// Physical units as types, so that bytes never meet seconds by accident.
//
// A Quantity is one double in SI base units (seconds, bytes, operations, joules, US dollars, square
// metres) and a dimension known to the compiler; the optimiser leaves only the double. Files carry
// units as text ("3.35 TB/s", "16 GiB"); parse_quantity() reads them and format_quantity() prints
// them with the prefix a reader expects.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace moru {

// Exponents of the base dimensions.
struct Dimension {
  int time = 0;    // second
  int data = 0;    // byte
  int work = 0;    // arithmetic operation (a multiply-add counts two)
  int energy = 0;  // joule
  int money = 0;   // US dollar
  int length = 0;  // metre
  friend constexpr bool operator==(const Dimension&, const Dimension&) = default;
};

constexpr Dimension operator*(Dimension a, Dimension b) {
  return {a.time + b.time,     a.data + b.data,   a.work + b.work,
          a.energy + b.energy, a.money + b.money, a.length + b.length};
}
constexpr Dimension operator/(Dimension a, Dimension b) {
  return {a.time - b.time,     a.data - b.data,   a.work - b.work,
          a.energy - b.energy, a.money - b.money, a.length - b.length};
}

template <Dimension D>
struct Quantity {
  static constexpr Dimension dimension = D;
  double value = 0;  // in SI base units

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.value + b.value}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.value - b.value}; }
  friend constexpr Quantity operator*(Quantity a, double s) { return {a.value * s}; }
  friend constexpr Quantity operator*(double s, Quantity a) { return {a.value * s}; }
  friend constexpr Quantity operator/(Quantity a, double s) { return {a.value / s}; }
  constexpr Quantity& operator+=(Quantity b) {
    value += b.value;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity b) {
    value -= b.value;
    return *this;
  }
};

// Same-dimension ratios are plain numbers; everything else keeps its dimension.
template <Dimension A, Dimension B>
constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  if constexpr (A * B == Dimension{}) {
    return a.value * b.value;
  } else {
    return Quantity<A * B>{a.value * b.value};
  }
}
template <Dimension A, Dimension B>
constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  if constexpr (A == B) {
    return a.value / b.value;
  } else {
    return Quantity<A / B>{a.value / b.value};
  }
}

using Seconds = Quantity<Dimension{.time = 1}>;
using Bytes = Quantity<Dimension{.data = 1}>;
using Flops = Quantity<Dimension{.work = 1}>;
using Joules = Quantity<Dimension{.energy = 1}>;
using Dollars = Quantity<Dimension{.money = 1}>;
using Area = Quantity<Dimension{.length = 2}>;
using Hertz = Quantity<Dimension{.time = -1}>;
using BytesPerSecond = Quantity<Dimension{.time = -1, .data = 1}>;
using FlopsPerSecond = Quantity<Dimension{.time = -1, .work = 1}>;
using Watts = Quantity<Dimension{.time = -1, .energy = 1}>;
using JoulesPerByte = Quantity<Dimension{.data = -1, .energy = 1}>;

template <class T>
inline constexpr bool is_quantity = false;
template <Dimension D>
inline constexpr bool is_quantity<Quantity<D>> = true;

namespace literals {
constexpr Seconds operator""_s(long double v) { return {static_cast<double>(v)}; }
constexpr Seconds operator""_ms(long double v) { return {static_cast<double>(v) * 1e-3}; }
constexpr Seconds operator""_us(long double v) { return {static_cast<double>(v) * 1e-6}; }
constexpr Bytes operator""_B(unsigned long long v) { return {static_cast<double>(v)}; }
constexpr Bytes operator""_KiB(unsigned long long v) { return {static_cast<double>(v) * 1024.0}; }
constexpr Bytes operator""_MiB(unsigned long long v) { return {static_cast<double>(v) * 0x1p20}; }
constexpr Bytes operator""_GiB(unsigned long long v) { return {static_cast<double>(v) * 0x1p30}; }
constexpr Bytes operator""_GB(unsigned long long v) { return {static_cast<double>(v) * 1e9}; }
constexpr BytesPerSecond operator""_GBps(long double v) { return {static_cast<double>(v) * 1e9}; }
constexpr BytesPerSecond operator""_TBps(long double v) { return {static_cast<double>(v) * 1e12}; }
constexpr FlopsPerSecond operator""_TFLOPS(long double v) {
  return {static_cast<double>(v) * 1e12};
}
}  // namespace literals

// Simulated time on the event clock: whole nanoseconds from the start of the trace.
using SimTime = std::int64_t;
inline constexpr SimTime kNanosecondsPerSecond = 1'000'000'000;
constexpr double to_seconds(SimTime t) { return static_cast<double>(t) * 1e-9; }
constexpr double to_milliseconds(SimTime t) { return static_cast<double>(t) * 1e-6; }

// What went wrong when a text was read as a quantity; empty `reason` means it was read.
struct ParsedQuantity {
  double value = 0;
  std::string reason;
};

// Reads "<number> <unit>" ("3.35 TB/s", "40MiB", "700 W") as a value of `dimension`. A bare number,
// another dimension's unit, an infinity or a NaN is refused with a reason that names units to use.
ParsedQuantity parse_quantity(std::string_view text, Dimension dimension);

// "3.35 TB/s", "80 GB", "814 mm2": three to four significant digits and the usual prefix.
std::string format_quantity(double value, Dimension dimension);
// As a file would state it: up to seven digits, and KiB, MiB or GiB where the value is a whole
// number of them. parse_quantity() reads it back to within 1e-7.
std::string format_stated(double value, Dimension dimension);
template <Dimension D>
std::string to_string(Quantity<D> q) {
  return format_quantity(q.value, D);
}

// What a unit measures ("GB/s" -> bytes per second); nothing if nobody knows the unit.
std::optional<Dimension> dimension_of_unit(std::string_view unit);

// The units a person may write for the dimension, for messages and schemas: "B/s, KB/s, …".
std::string unit_names(Dimension dimension);
// A regular expression that the text form of the dimension matches, for JSON Schema.
std::string unit_pattern(Dimension dimension);

}  // namespace moru
