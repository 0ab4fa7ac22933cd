// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace heddle {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char code[8];
            std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
            out += code;
        } else {
            out += c;
        }
    }
    return out + "\"";
}

const char* boolean(bool value) { return value ? "true" : "false"; }

void writeList(std::ostream& out, const char* key, const std::vector<uint64_t>& values) {
    out << ",\"" << key << "\":[";
    for (size_t i = 0; i < values.size(); ++i) out << (i == 0 ? "" : ",") << values[i];
    out << "]";
}

void writeProbe(std::ostream& out, const Probe& probe) {
    const ProbeCounts& c = probe.counts();
    out << "{\"name\":" << quoted(probe.spec().name) << ",\"beats\":" << c.beats
        << ",\"expectedBeats\":" << probe.expectedBeats() << ",\"stalls\":" << c.stalls << ",\"starves\":" << c.starves
        << ",\"valid\":" << boolean(probe.valid()) << ",\"ready\":" << boolean(probe.ready())
        << ",\"userBeats\":" << c.userBeats << ",\"compared\":" << c.compared << ",\"mismatches\":" << c.mismatches;
    writeList(out, "frameFirstCycles", c.frameFirstCycles);
    writeList(out, "frameLastCycles", c.frameLastCycles);
    for (const Mismatch& m : c.firstMismatch) {
        out << ",\"firstMismatch\":{\"frame\":" << m.frame << ",\"beat\":" << m.beat << ",\"lane\":" << m.lane
            << ",\"expected\":" << m.expected << ",\"got\":" << m.got << ",\"cycle\":" << m.cycle << "}";
    }
    out << ",\"protocolErrors\":" << c.protocolErrors;
    for (const ProtocolError& e : c.firstProtocolError) {
        out << ",\"firstProtocolError\":{\"kind\":" << quoted(violationName(e.kind)) << ",\"cycle\":" << e.cycle
            << ",\"beat\":" << e.beat << "}";
    }
    out << "}";
}

std::string toJson(const RunSpec& run, const Bench& bench, const std::string& status, const Timing& timing) {
    std::ostringstream out;
    out << "{\"status\":" << quoted(status) << ",\"cycles\":" << bench.cycles()
        << ",\"evaluations\":" << bench.evaluations() << ",\"wallSeconds\":" << timing.wallSeconds
        << ",\"cpuSeconds\":" << timing.cpuSeconds << ",\"sourcesDone\":" << boolean(bench.sourcesDone())
        << ",\"sinksDone\":" << boolean(bench.sinksDone()) << ",\"probes\":[";
    for (size_t i = 0; i < bench.probes().size(); ++i) {
        out << (i == 0 ? "" : ",") << "\n";
        writeProbe(out, bench.probes()[i]);
    }
    out << "],\"activities\":[";
    for (size_t i = 0; i < run.activities.size(); ++i) {
        out << (i == 0 ? "" : ",") << "\n{\"name\":" << quoted(run.activities[i].name)
            << ",\"cycles\":" << bench.activityCounts()[i] << "}";
    }
    out << "]}\n";
    return out.str();
}

}  // namespace

void writeResult(const RunSpec& run, const Bench& bench, const std::string& status, const Timing& timing) {
    const std::string partial = run.resultFile + ".part";
    {
        std::ofstream file(partial, std::ios::binary);
        file << toJson(run, bench, status, timing);
        if (!file.flush()) throw std::runtime_error("cannot write " + partial);
    }
    if (std::rename(partial.c_str(), run.resultFile.c_str()) != 0) {
        throw std::runtime_error("cannot write " + run.resultFile);
    }
}

}  // namespace heddle
