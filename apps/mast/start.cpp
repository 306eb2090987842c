#include "mast/start.h"

#include <optional>

#include "mast/build_id.h"
#include "mast/resume.h"
#include "mast/together.h"
#include "mast/training_options.h"
#include "train/run_writer.h"

namespace mast::cli {

namespace {

int start_training(Context& context, Prepare prepare) {
    auto& processes = context.processes;
    const auto folder = together(processes, [&] { return run_output(context.options); });
    auto training = together(processes, [&] { return prepare(context, folder); });
    expect_same_data(context, training.input);
    expect_same_run(context, training.run);
    std::optional<train::RunWriter> writer;
    together(processes, [&] {
        if (!context.is_first()) return;
        writer.emplace(
            train::RunWriter::create(folder, overwrite(context.options), training.run, build_id()));
        // What it starts from is kept, so that it can go on without the trunk's run.
        if (training.run.trunk) writer->save(*training.model, *training.trainer);
    });
    return train_and_tell(context, training, writer ? &*writer : nullptr);
}

}  // namespace

int run_training(Context& context, Prepare prepare) {
    return context.options.count("resume") == 0 ? start_training(context, prepare)
                                                : resume_training(context);
}

}  // namespace mast::cli
