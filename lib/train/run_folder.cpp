#include "train/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/version.h"
#include "store/safetensors.h"
#include "train/checkpoint.h"
#include "train/self_test.h"
#include "train/tensor_file.h"

namespace mast::train {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostConfigBytes = std::size_t{64} << 20U;
constexpr std::string_view kStem = "step-";
constexpr std::string_view kSuffix = ".safetensors";

/// The number in "step-000001000.safetensors"; -1 for any other name.
std::int64_t step_in(std::string_view name) {
    if (!name.starts_with(kStem) || !name.ends_with(kSuffix)) return -1;
    name.remove_prefix(kStem.size());
    name.remove_suffix(kSuffix.size());
    std::int64_t step = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
    return error == std::errc() && end == name.data() + name.size() && step >= 0 ? step : -1;
}

void refuse_existing(const fs::path& folder) {
    std::error_code ignored;
    const auto name = folder.string();
    if (!fs::exists(folder / kConfigFile, ignored)) {
        fail<IoError>("{}: already exists, expected a new name (name another folder)", name);
    }
    const auto all = checkpoints_of(folder);
    fail<IoError>(
        "{}: already exists, a run at step {}, expected a new name (use --resume to go on with it, "
        "--overwrite to replace it)",
        name, all.empty() ? 0 : all.front().step);
}

}  // namespace

void check_run_target(const fs::path& folder, store::Overwrite overwrite) {
    std::error_code ignored;
    const auto name = folder.string();
    const auto status = fs::symlink_status(folder, ignored);
    if (fs::exists(status)) {
        if (overwrite == store::Overwrite::refuse) refuse_existing(folder);
        if (!fs::exists(folder / kConfigFile, ignored)) {
            fail<IoError>(
                "{}: is not a run, expected a run or a new name (only a run can be "
                "replaced)",
                name);
        }
    }
    auto parent = (folder / "").parent_path().parent_path();
    if (parent.empty()) parent = ".";
    if (!fs::is_directory(parent, ignored)) {
        fail<IoError>("{}: its folder {} does not exist, expected a folder (make it first)", name,
                      parent.string());
    }
}

RunConfig read_run_config(const fs::path& folder) {
    std::error_code ignored;
    const auto path = folder / kConfigFile;
    if (!fs::is_directory(folder, ignored) || !fs::exists(path, ignored)) {
        fail<IoError>("{}: is not a run, expected a folder with {} (make one with mast pretrain)",
                      folder.string(), kConfigFile);
    }
    return run_config_from_json(store::read_file(path, kMostConfigBytes), path.string());
}

std::vector<NamedCheckpoint> checkpoints_of(const fs::path& folder) {
    std::vector<NamedCheckpoint> all;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder / kCheckpointFolder, ignored)) {
        const auto step = step_in(entry.path().filename().string());
        if (step >= 0) all.push_back({step, entry.path()});
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.step != b.step ? a.step > b.step : a.path < b.path;
    });
    return all;
}

fs::path checkpoint_path(const fs::path& folder, std::int64_t step) {
    return folder / kCheckpointFolder / fmt::format("{}{:09}{}", kStem, step, kSuffix);
}

std::int64_t model_step(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::exists(folder / kModelFile, ignored)) return 0;
    const auto metadata = store::safetensors_metadata(folder / kModelFile);
    const auto text = metadata.find("step");
    std::int64_t step = 0;
    if (text != metadata.end()) {
        const auto& digits = text->second;
        std::from_chars(digits.data(), digits.data() + digits.size(), step);
    }
    return step;
}

std::string network_hash(const fs::path& folder) {
    const auto path = folder / kModelFile;
    const auto metadata = store::safetensors_metadata(path);
    const auto hash = metadata.find("xxh3");
    if (hash != metadata.end()) return hash->second;
    fail<DataError>("{}: has no hash xxh3 among its metadata, expected the file that mast wrote",
                    path.string());
}

Run open_run(const fs::path& folder, const std::string& build) {
    std::error_code ignored;
    auto config = read_run_config(folder);
    const auto path = folder / kModelFile;
    const auto name = path.string();
    if (!fs::exists(path, ignored)) {
        fail<DataError>("{}: has no {}, expected a run that ended (mast pretrain --resume goes on)",
                        folder.string(), kModelFile);
    }
    const store::Safetensors file(path);
    const auto written = file.metadata().find("mast_version");
    if (written != file.metadata().end()) expect_readable(written->second, name);
    // The file is compared with the table before the network's memory is taken.
    expect_tensors(file, model::ParameterTable(config.model), {""}, name);
    model::Transformer model(config.model);
    Run run{std::move(config), std::move(model)};
    read_tensors(file, run.model.table(), "", run.model.values());
    // Runs from before there were self-tests have none.
    const auto recorded = file.metadata().find("self_test");
    if (recorded != file.metadata().end())
        repeat_self_test(run.model, recorded->second, build, name);
    return run;
}

std::vector<std::string> damaged_checkpoints(Run& run, const fs::path& folder,
                                             const std::string& build) {
    std::vector<std::string> lines;
    for (const auto& [step, path] : checkpoints_of(folder)) {
        try {
            Checkpoint(path, run.model.table()).read_model(run.model, build);
        } catch (const Error& error) {
            lines.emplace_back(error.what());
        }
    }
    return lines;
}

}  // namespace mast::train
