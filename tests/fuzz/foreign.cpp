// A foreign HDF5 file, read in this process: what the confined reader of mast ingest does.
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "ingest/source.h"

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
        ingest::Source source(file, nullptr, {}, [] {});
        // More is a matter of patience: the readers' process is given none without progress.
        constexpr std::int64_t kMostSteps = 100'000;
        if (source.description().steps > kMostSteps) return;
        Nowhere sink;
        source.read(sink);
    });
}
