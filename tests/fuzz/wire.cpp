// What a reader that was taken over could send to the process that writes the store.
#include "ingest/wire.h"
#include "fuzz/target.h"

namespace {

class Nowhere : public mast::ingest::EpisodeSink {
  public:
    void append(const mast::store::StepBlock& /*block*/) override {}
    void end_episode(mast::store::End /*end*/, std::span<const float> /*final*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mast;
    if (size > (std::size_t{1} << 20U)) return 0;
    SharedStream stream;
    stream.send(std::as_bytes(std::span(data, size)));
    stream.flush();
    stream.keep_receiver();
    return test::reads_or_refuses([&] {
        try {
            ingest::WireReader reader(stream, [] {});
            std::optional<std::string> unconfined;
            const auto description = reader.describe(unconfined);
            Nowhere sink;
            reader.read(description, sink);
        } catch (const SharedStream::Closed&) {
        } catch (const ingest::WireReader::OutOfMemory&) {
        }
    });
}
