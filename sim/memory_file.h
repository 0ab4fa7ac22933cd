// SPDX-License-Identifier: Apache-2.0
// A fast $readmemh: memory images are most of what a large design reads before its first clock.
#pragma once
#include "verilated.h"

namespace heddle {

/// Takes the place of Verilator's VL_READMEM_N in generated code. Whole images of plain hexadecimal words, one a line, are
/// read here; everything else (addresses, comments, x and z, binary, parts of memories, mistakes) goes to Verilator's.
void readMemory(bool hex, int bits, QData depth, int arrayLsb, const std::string& file, void* memory, QData start,
                QData end);

}  // namespace heddle
