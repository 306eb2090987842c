// A foreign HDF5 file: whatever HDF5 does over it, in a process of its own, this one goes on.
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "ingest/confined_source.h"

namespace {

class Nowhere : public mast::ingest::EpisodeSink {
  public:
    void append(const mast::store::StepBlock& /*block*/) override {}
    void end_episode(mast::store::End /*end*/, std::span<const float> /*final*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    const test::MemoryFile input(data, size);
    return test::reads_or_refuses([&] {
        const ingest::InputFile file(input.path());
        constexpr std::int64_t kMostBytes = std::int64_t{1} << 30U;
        constexpr int kSeconds = 5;
        ingest::ConfinedSource source(file, nullptr, {}, {kMostBytes, kSeconds}, [] {});
        // More is a matter of patience: a reader is given none without progress.
        constexpr std::int64_t kMostSteps = 100'000;
        if (source.description().steps > kMostSteps) return;
        Nowhere sink;
        source.read(sink);
    });
}
