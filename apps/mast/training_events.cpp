#include "mast/training_events.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "apply/training_pictures.h"
#include "mast/json.h"

namespace mast::cli {

namespace {

/// "loss_inverse" is "loss/inverse".
std::string tag_of(const std::string& key) {
    if (key == "loss") return "loss/total";
    for (const std::string_view group : {"val_loss_", "loss_"}) {
        if (!key.starts_with(group)) continue;
        return std::string(group.substr(0, group.size() - 1)) + "/" + key.substr(group.size());
    }
    return "training/" + key;
}

void add_hidden(const std::string& objective, const Json& masks, std::vector<train::Scalar>& out) {
    for (const auto& [kind, fraction] : masks.at("hidden").items())
        out.push_back({fmt::format("hidden/{}/{}", objective, kind), fraction.get<double>()});
}

train::Picture encoded(const picture::Raster& raster) {
    return {raster.width(), raster.height(), raster.png()};
}

}  // namespace

std::vector<train::Scalar> scalars_of(const Json& metrics) {
    constexpr std::string_view kMasks = "masks_";
    std::vector<train::Scalar> scalars;
    for (const auto& [key, value] : metrics.items()) {
        if (key == "step" || key == "tokens") continue;
        if (key.starts_with(kMasks)) {
            add_hidden(key.substr(kMasks.size()), value, scalars);
        } else if (value.is_number()) {
            scalars.push_back({tag_of(key), value.get<double>()});
        }
    }
    return scalars;
}

void add_pictures(model::Transformer& model, train::BatchSource& source, std::int64_t step,
                  train::RunWriter& run) {
    mask::Batch batch;
    source.load(0, batch);
    model.use_domain(batch.domain);
    for (std::size_t view = 0; view < batch.views.size(); ++view) {
        const auto& objective = *batch.views[view].objective;
        run.picture(step, "attention/" + objective.name,
                    encoded(apply::draw_attention(model, batch, view)));
        if (objective.aim != mask::Aim::value) continue;
        run.picture(step, "infilled/" + objective.name,
                    encoded(apply::draw_predictions(model, batch, view)));
    }
}

}  // namespace mast::cli
