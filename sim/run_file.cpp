// SPDX-License-Identifier: Apache-2.0
#include "run_file.h"

#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

namespace heddle {
namespace {

using Setter = std::function<void(const std::string&)>;
using Setters = std::map<std::string, Setter>;

template <typename T>
Setter number(T& target) {
    return [&target](const std::string& text) {
        size_t used = 0;
        target = static_cast<T>(std::stoull(text, &used));
        if (used != text.size()) throw std::invalid_argument(text);
    };
}

Setter real(double& target) {
    return [&target](const std::string& text) {
        size_t used = 0;
        target = std::stod(text, &used);
        if (used != text.size()) throw std::invalid_argument(text);
    };
}

Setter flag(bool& target) {
    return [&target](const std::string& text) {
        if (text != "0" && text != "1") throw std::invalid_argument(text);
        target = text == "1";
    };
}

Setter file(std::string& target) {
    return [&target](const std::string& text) { target = text == "-" ? std::string() : text; };
}

Setters runKeys(RunSpec& run) {
    return {{"frames", number(run.frames)},
            {"seed", number(run.seed)},
            {"source-stall", real(run.sourceStall)},
            {"sink-stall", real(run.sinkStall)},
            {"max-idle-cycles", number(run.maxIdleCycles)},
            {"max-cycles", number(run.maxCycles)},
            {"drain-cycles", number(run.drainCycles)},
            {"reset-cycles", number(run.resetCycles)},
            {"settle-cycles", number(run.settleCycles)},
            {"reset-after-cycles", number(run.resetAfterCycles)},
            {"stop-on-mismatch", flag(run.stopOnMismatch)},
            {"progress", flag(run.progress)},
            {"result", file(run.resultFile)},
            {"trace", file(run.traceFile)},
            {"trace-from", number(run.traceFrom)},
            {"trace-cycles", number(run.traceCycles)}};
}

Setters sourceKeys(SourceSpec& source) {
    return {{"drive-word", number(source.driveWord)},
            {"stream", number(source.probe)},
            {"data", file(source.dataFile)},
            {"stall", real(source.stall)}};
}

Setters sinkKeys(SinkSpec& sink) {
    return {{"drive-word", number(sink.driveWord)}, {"stream", number(sink.probe)}, {"stall", real(sink.stall)}};
}

Setters probeKeys(ProbeSpec& probe) {
    return {{"observe-word", number(probe.observeWord)},
            {"lanes", number(probe.lanes)},
            {"element-bits", number(probe.elementBits)},
            {"data-bits", number(probe.dataBits)},
            {"channels", number(probe.channels)},
            {"beats-per-frame", number(probe.beatsPerFrame)},
            {"has-last", flag(probe.hasLast)},
            {"expected", file(probe.expectedFile)},
            {"capture", file(probe.captureFile)}};
}

Setters activityKeys(ActivitySpec& activity) {
    return {{"observe-word", number(activity.observeWord)}, {"bit", number(activity.bit)}};
}

/// Opens a record when `key` is one of the four; its keys then hold until the next record.
bool openRecord(RunSpec& run, const std::string& key, const std::string& name, Setters& keys) {
    if (key == "source") {
        run.sources.emplace_back();
        run.sources.back().name = name;
        keys = sourceKeys(run.sources.back());
    } else if (key == "sink") {
        run.sinks.emplace_back();
        run.sinks.back().name = name;
        keys = sinkKeys(run.sinks.back());
    } else if (key == "probe") {
        run.probes.emplace_back();
        run.probes.back().name = name;
        keys = probeKeys(run.probes.back());
    } else if (key == "activity") {
        run.activities.emplace_back();
        run.activities.back().name = name;
        keys = activityKeys(run.activities.back());
    } else {
        return false;
    }
    return true;
}

void check(bool ok, const std::string& what) {
    if (!ok) throw std::runtime_error("run file: " + what);
}

void checkRun(const RunSpec& run) {
    check(run.frames > 0, "frames must be at least 1");
    check(!run.resultFile.empty(), "no result file");
    for (const ProbeSpec& probe : run.probes) {
        check(probe.lanes > 0 && probe.elementBits > 0 && probe.elementBits <= 32, "probe " + probe.name + ": lanes or bits");
        check(probe.dataBits >= probe.lanes * probe.elementBits, "probe " + probe.name + ": data-bits");
        check(probe.beatsPerFrame > 0, "probe " + probe.name + ": beats-per-frame");
    }
    for (const SourceSpec& source : run.sources) {
        check(source.probe < run.probes.size() && !source.dataFile.empty(), "source " + source.name + ": probe or data");
    }
    for (const SinkSpec& sink : run.sinks) check(sink.probe < run.probes.size(), "sink " + sink.name + ": probe");
}

}  // namespace

RunSpec readRunFile(const std::string& path) {
    std::ifstream stream(path);
    if (!stream) throw std::runtime_error("cannot read " + path);
    RunSpec run;
    Setters keys = runKeys(run);
    std::string line;
    for (size_t lineNumber = 1; std::getline(stream, line); ++lineNumber) {
        const size_t start = line.find_first_not_of(' ');
        if (start == std::string::npos || line[start] == '#') continue;
        const size_t space = line.find(' ', start);
        const std::string key = line.substr(start, space - start);
        const std::string value = space == std::string::npos ? std::string() : line.substr(space + 1);
        if (openRecord(run, key, value, keys)) continue;
        const auto setter = keys.find(key);
        const std::string place = path + ":" + std::to_string(lineNumber) + ": ";
        if (setter == keys.end()) throw std::runtime_error(place + "unknown key '" + key + "'");
        try {
            setter->second(value);
        } catch (const std::logic_error&) {
            throw std::runtime_error(place + "bad value '" + value + "' of " + key);
        }
    }
    checkRun(run);
    return run;
}

}  // namespace heddle
