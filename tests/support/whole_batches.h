// Everything that a file of batches holds, as a text: two files that read alike have the same.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "mask/batch_file.h"

namespace mast::test {

inline std::string content_of_batches(const std::filesystem::path& path) {
    const mask::BatchFileReader file(path);
    auto text = fmt::format("{} {} {}\n", file.samples(), file.batch_size(),
                            store::to_json(file.history()));
    const auto& recorded = file.recorded();
    text += fmt::format("{} {} {}\n", recorded.discount, recorded.least, recorded.most);
    for (const auto modality : store::kModalities) {
        text += fmt::format("{} {} {}\n", file.channels()[store::index_of(modality)].dim,
                            file.scaler().mean(modality), file.scaler().scale(modality));
    }
    for (const auto& o : file.objectives()) {
        text +=
            fmt::format("{} {} {} {} {} {} {} {} {}\n", o.name, o.spec, o.role, o.weight, o.attend,
                        o.readout, mask::name_of(o.target), mask::name_of(o.aim), o.hidden_asked);
    }
    mask::Batch batch;
    for (std::int64_t first = 0; first < file.samples(); first += file.batch_size()) {
        file.read(first, std::min(file.batch_size(), file.samples() - first), batch);
        const auto& windows = batch.windows;
        text += fmt::format("{} {} {} {} {} {}\n", windows.values, windows.classes, windows.may,
                            windows.valid, windows.episode, windows.start);
        for (const auto& view : batch.views)
            text += fmt::format("{} {} {}\n", view.hidden, view.predict, view.source);
    }
    return text;
}

}  // namespace mast::test
