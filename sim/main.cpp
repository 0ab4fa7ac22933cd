// SPDX-License-Identifier: Apache-2.0
// usage: simulator RUN_FILE. Exit status 0: the result file says what happened; 1: no run, reason on stderr.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>

#include "bench.h"
#include "report.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s RUN_FILE\n", argv[0]);
        return 1;
    }
    try {
        const heddle::RunSpec run = heddle::readRunFile(argv[1]);
        const auto start = std::chrono::steady_clock::now();
        const std::clock_t cpuStart = std::clock();
        heddle::Bench bench(run);
        const std::string status = bench.execute();
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
        const double cpu = static_cast<double>(std::clock() - cpuStart) / CLOCKS_PER_SEC;
        heddle::writeResult(run, bench, status, {wall.count(), cpu});
        heddle::destroyModel();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
