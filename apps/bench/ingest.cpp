// What it costs that foreign files are read by a confined child: bench_ingest FILE FOLDER. Both
// ways take turns, each into a new store in FOLDER; the ratio of a pair is of two runs side by
// side.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "ingest/ingest.h"
#include "ingest/source.h"

using namespace mast;

namespace {

constexpr int kPairs = 7;

class StoreSink : public ingest::EpisodeSink {
  public:
    explicit StoreSink(store::TrajectoryWriter& writer) : writer_(writer) {}
    void append(const store::StepBlock& block) override { writer_.append(block); }
    void end_episode(store::End end, std::span<const float> final_obs) override {
        writer_.end_episode(end, final_obs);
    }

  private:
    store::TrajectoryWriter& writer_;
};

/// What ingest::ingest() does, with the file read in this process.
void ingest_here(const std::filesystem::path& input, const std::filesystem::path& output) {
    const ingest::InputFile file(input);
    ingest::Source source(file, nullptr, {}, [] {});
    file.hash([] {});
    store::TrajectoryWriter writer(output, store::Overwrite::refuse, source.description().spec, {});
    StoreSink sink(writer);
    source.read(sink);
    writer.finish({});
}

template <class Work>
double seconds_of(const std::filesystem::path& output, const Work& work) {
    const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch(); };
    const auto start = now();
    work();
    const auto seconds = std::chrono::duration<double>(now() - start).count();
    std::filesystem::remove(output);
    return seconds;
}

}  // namespace

// An exception here is a broken benchmark: it may end the program.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "bench_ingest: expected an HDF5 file and a folder for stores\n");
        return 2;
    }
    const std::filesystem::path input = argv[1];
    const auto output = std::filesystem::path(argv[2]) / "bench_ingest.h5";
    std::vector<double> ratios;
    for (int pair = 0; pair < kPairs; ++pair) {
        const double here = seconds_of(output, [&] { ingest_here(input, output); });
        const double confined =
            seconds_of(output, [&] { ingest::ingest({input}, output, ingest::IngestOptions{}); });
        fmt::print("in one process {:.2f} s, confined {:.2f} s\n", here, confined);
        ratios.push_back(confined / here);
    }
    std::sort(ratios.begin(), ratios.end());
    fmt::print("confined takes {:.2f} of the time (median of {} pairs, {:.2f} to {:.2f})\n",
               ratios[kPairs / 2], kPairs, ratios.front(), ratios.back());
    return std::fflush(stdout) == 0 ? 0 : 1;
}
