// SPDX-License-Identifier: Apache-2.0
// What one run is to do, read from the text file described in README.md.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace heddle {

struct SourceSpec {
    std::string name;
    size_t driveWord = 0;
    size_t probe = 0;
    std::string dataFile;
    double stall = -1.0;  // negative: the run's own
};

struct SinkSpec {
    std::string name;
    size_t driveWord = 0;
    size_t probe = 0;
    double stall = -1.0;
};

struct ProbeSpec {
    std::string name;
    size_t observeWord = 0;
    unsigned lanes = 0;
    unsigned elementBits = 0;
    /// Bits of tdata, at least lanes * elementBits.
    unsigned dataBits = 0;
    /// Channels of a pixel; lanes past them in a pixel's last beat are not compared. 0: all lanes count.
    unsigned channels = 0;
    uint64_t beatsPerFrame = 0;
    bool hasLast = false;
    std::string expectedFile;  // empty: not compared
    std::string captureFile;   // empty: not kept
};

struct ActivitySpec {
    std::string name;
    size_t observeWord = 0;
    unsigned bit = 0;
};

struct RunSpec {
    uint64_t frames = 0;
    uint64_t seed = 0;
    double sourceStall = 0.0;
    double sinkStall = 0.0;
    uint64_t maxIdleCycles = 20000;
    uint64_t maxCycles = 0;         // 0: no limit
    uint64_t drainCycles = 300;
    uint64_t resetCycles = 8;
    uint64_t settleCycles = 8;
    uint64_t resetAfterCycles = 0;  // 0: no second reset
    bool stopOnMismatch = false;
    bool progress = false;
    std::string resultFile;
    std::string traceFile;          // empty: none
    uint64_t traceFrom = 0;
    uint64_t traceCycles = 0;       // 0: to the end
    std::vector<SourceSpec> sources;
    std::vector<SinkSpec> sinks;
    std::vector<ProbeSpec> probes;
    std::vector<ActivitySpec> activities;
};

/// Throws std::runtime_error with file and line for anything it does not understand.
RunSpec readRunFile(const std::string& path);

}  // namespace heddle
