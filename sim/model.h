// SPDX-License-Identifier: Apache-2.0
// The one view that the harness has of a Verilated design. shim.cpp implements it and is the only harness file
// compiled per design; everything else is compiled once and kept.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace heddle {

/// What hd_sim_top takes and shows, as 32-bit words, lane 0 in the low bits of the lowest word.
struct Pins {
    uint32_t* drive;
    size_t driveWords;
    const uint32_t* observe;
    size_t observeWords;
};

/// Makes the design with a random start state (every register and memory, from `seed`) and all of `drive` zero.
Pins createModel(uint64_t seed);

/// Sets clock and reset, evaluates, and advances time by one half cycle.
void evaluate(bool clk, bool rst);

/// True once the design called $finish or $stop, or an assertion failed (its text went to stdout or stderr).
bool modelStopped();
/// True when modelStopped() is due to an error, not to $finish.
bool modelFailed();

/// Starts an FST file; false when the build has no tracing.
bool openTrace(const std::string& file);
/// Evaluations are written to the trace only while this is on.
void enableTrace(bool on);

/// Runs the design's final blocks, closes the trace and frees everything.
void destroyModel();

}  // namespace heddle
