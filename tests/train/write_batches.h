// Batches in a file, as mast mask would write them.
#pragma once

#include <filesystem>

#include "mask/batch_file.h"
#include "train/batch_source.h"

namespace mast::test {

/// The first batches of a source: the same samples that a training from it would see.
inline void write_batches(train::BatchSource& source, const std::filesystem::path& path,
                          std::int64_t batches, std::uint64_t seed = 0) {
    const auto size = source.batch_size();
    mask::BatchFileWriter writer(path, store::Overwrite::refuse,
                                 {batches * size, size, -1.0F, false, seed}, source.channels(),
                                 source.scaler(), source.objectives(), {});
    mask::Batch batch;
    for (std::int64_t b = 0; b < batches; ++b) {
        source.load(b, batch);
        writer.append(batch);
    }
    writer.finish();
}

}  // namespace mast::test
