// SPDX-License-Identifier: Apache-2.0
// Binds model.h to the Verilated class of one design.
#include "Vhd_sim_top.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

#include <algorithm>
#include <memory>

#include "model.h"

namespace heddle {
namespace {
std::unique_ptr<VerilatedContext> context;
std::unique_ptr<Vhd_sim_top> top;
#if VM_TRACE
std::unique_ptr<VerilatedFstC> trace;
bool tracing = false;
#endif
}  // namespace

Pins createModel(uint64_t seed) {
    context = std::make_unique<VerilatedContext>();
    context->randReset(2);
    // Verilator takes 31 bits, and 0 means "pick one yourself".
    context->randSeed(static_cast<int>(seed % 0x7ffffffeU) + 1);
    context->fatalOnError(false);
#if VM_TRACE
    context->traceEverOn(true);
#endif
    top = std::make_unique<Vhd_sim_top>(context.get(), "TOP");
    top->clk = 0;
    top->rst = 1;
    Pins pins{top->drive.data(), sizeof(top->drive) / sizeof(uint32_t), &top->observe[0],
              sizeof(top->observe) / sizeof(uint32_t)};
    std::fill_n(pins.drive, pins.driveWords, 0U);
    return pins;
}

void evaluate(bool clk, bool rst) {
    top->clk = clk;
    top->rst = rst;
    top->eval();
#if VM_TRACE
    if (tracing) trace->dump(context->time());
#endif
    context->timeInc(1);
}

bool modelStopped() { return context->gotFinish() || context->gotError(); }
bool modelFailed() { return context->gotError(); }

bool openTrace(const std::string& file) {
#if VM_TRACE
    trace = std::make_unique<VerilatedFstC>();
    top->trace(trace.get(), 99);
    trace->open(file.c_str());
    return trace->isOpen();
#else
    static_cast<void>(file);
    return false;
#endif
}

void enableTrace(bool on) {
#if VM_TRACE
    tracing = on && trace != nullptr;
#else
    static_cast<void>(on);
#endif
}

void destroyModel() {
    top->final();
#if VM_TRACE
    if (trace) trace->close();
    trace.reset();
#endif
    top.reset();
    context.reset();
}

}  // namespace heddle
