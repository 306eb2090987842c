// mast verify: is a file whole?
#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "mask/batch_file.h"
#include "mast/build_id.h"
#include "mast/commands.h"
#include "mast/options.h"
#include "store/checksum.h"
#include "store/header.h"
#include "store/safetensors.h"
#include "store/trajectories.h"
#include "train/run_folder.h"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace mast::cli {

namespace {

void declare_verify(po::options_description& options) {
    options.add_options()("file", path<std::vector<std::string>>("FILE"),
                          "stores, batches, runs, safetensors, and what infill and embed wrote");
}

std::vector<std::string> damage_of_run(const fs::path& folder) {
    const auto build = build_id();
    auto run = train::open_run(folder, build);
    return train::damaged_checkpoints(run, folder, build);
}

/// What its content says against a file that can be opened.
std::vector<std::string> damage_inside(const fs::path& path) {
    if (path.extension() == ".safetensors") return store::Safetensors(path).not_finite();
    const auto file = store::h5::File::open(path);
    const auto kind = store::read_header(file, "").kind;
    if (kind == store::kBatches) return mask::BatchFileReader(path).damage();
    if (kind == store::kTrajectories) return store::TrajectoryReader(path).damage();
    return store::damage_inside(file.root());
}

/// What is wrong with a file of ours; nothing if it is whole.
std::vector<std::string> damage_of(const fs::path& path) {
    try {
        if (fs::is_directory(path)) return damage_of_run(path);
        auto lines = damage_inside(path);
        for (auto& line : lines)
            line = fmt::format("{}: {}", path.string(), line);
        return lines;
    } catch (const Error& error) {
        return {error.what()};
    }
}

int run_verify(Context& context) {
    if (context.options.count("file") == 0) {
        fail<UsageError>("no input, expected a file or a run: mast verify FILE...");
    }
    bool whole = true;
    for (const auto& path : context.options["file"].as<std::vector<std::string>>()) {
        context.stop.check();
        const auto damage = damage_of(path);
        for (const auto& line : damage)
            context.terminal.error(line);
        if (damage.empty()) context.terminal.result(fmt::format("{}: whole", path));
        whole = whole && damage.empty();
    }
    return whole ? kDone : kFailed;
}

}  // namespace

const Command kVerify{"verify", "FILE... [OPTION]...", "tells whether files are whole",
                      {"file"}, declare_verify,        run_verify};

}  // namespace mast::cli
