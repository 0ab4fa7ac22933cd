// SPDX-License-Identifier: Apache-2.0
#include "elements.h"

#include <fstream>
#include <stdexcept>

namespace heddle {

ElementFile::ElementFile(const std::string& path, unsigned elementBits, uint64_t count)
    : bytes_(count * bytesPerElement(elementBits)), size_(bytesPerElement(elementBits)), mask_(elementMask(elementBits)) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("cannot read " + path);
    const auto found = static_cast<uint64_t>(file.tellg());
    if (found != bytes_.size()) {
        throw std::runtime_error(path + " holds " + std::to_string(found) + " bytes, expected " +
                                 std::to_string(bytes_.size()));
    }
    file.seekg(0);
    file.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
    if (!file) throw std::runtime_error("cannot read " + path);
}

}  // namespace heddle
