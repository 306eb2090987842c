// Two shards of a store: found to belong together, read as one, and merged.
//
// An input is the length of the first file (4 bytes, the least first), this file, and the other
// one.
#include <algorithm>

#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "store/merge.h"
#include "store/shard.h"
#include "support/temp_dir.h"
#include "support/whole_content.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    constexpr std::size_t kLength = 4;
    if (size < kLength) return 0;
    std::size_t length = 0;
    for (std::size_t b = 0; b < kLength; ++b)
        length |= std::size_t{data[b]} << (8 * b);
    length = std::min(length, size - kLength);
    const test::MemoryFile first(data + kLength, length);
    const test::MemoryFile second(data + kLength + length, size - kLength - length);
    static const test::TempDir dir;
    return test::reads_or_refuses([&] {
        for (const auto& paths : store::join_shards({first.path(), second.path()})) {
            const store::TrajectoryReader shards(paths);
            const auto content = test::content_of_store(shards);
            const auto whole = dir / "whole.h5";
            store::merge(shards, whole, store::Overwrite::allow, shards.history(), [](auto) {});
            // Splits and statistics of a file that is no shard are its own, as they stand.
            if (paths.size() > 1 && test::content_of_store(whole) != content) std::abort();
        }
    });
}
