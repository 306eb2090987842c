#include "model/transfer.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/tiny_model.h"

using namespace mast;

namespace {

std::span<const float> tensor(const model::Transformer& model, const char* name) {
    return model.table().of(model.values(), model.table().find(name));
}

void fill(model::Transformer& model, float first) {
    for (auto& value : model.values())
        value = first++;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_SUITE("model/transfer") {
    TEST_CASE("tensors of one name and shape are taken, others stay as they are") {
        auto config = test::tiny_config();
        model::Transformer from(config);
        config.layout = mask::Layout("rtg,obs,act");
        config.channels[store::index_of(store::Modality::rtg)] = {1, false};
        config.outputs = {{"policy", store::Modality::act}};
        model::Transformer to(config);
        fill(from, 1);
        fill(to, -1e6F);
        const auto rtg_before = tensor(to, "embed.rtg.weight")[0];
        const auto done = model::transfer(from, to);
        for (const char* name : {"embed.obs.weight", "blocks.1.mlp.fc.weight", "ln_f.bias",
                                 "position.weight", "heads.policy.act.weight"}) {
            CAPTURE(name);
            CHECK(std::ranges::equal(tensor(to, name), tensor(from, name)));
            CHECK(has(done.taken, name));
        }
        CHECK(tensor(to, "embed.rtg.weight")[0] == rtg_before);
        CHECK(has(done.fresh, "embed.rtg.weight"));
        CHECK(done.taken.size() + done.fresh.size() == to.table().parameters().size());
    }

    TEST_CASE("another number of columns is another tensor") {
        auto config = test::tiny_config();
        model::Transformer from(config);
        config.channels[store::index_of(store::Modality::obs)].dim = 4;
        model::Transformer to(config);
        const auto done = model::transfer(from, to);
        CHECK(has(done.fresh, "embed.obs.weight"));
        CHECK(has(done.fresh, "heads.infill.obs.bias"));
        CHECK(has(done.taken, "embed.obs.bias"));
    }

    TEST_CASE("positions are taken as far as both have steps") {
        for (const std::int64_t context : {3, 8}) {
            CAPTURE(context);
            auto config = test::tiny_config();
            model::Transformer from(config);
            config.context = context;
            model::Transformer to(config);
            fill(from, 1);
            fill(to, -1e6F);
            model::transfer(from, to);
            const auto was = tensor(from, "position.weight");
            const auto is = tensor(to, "position.weight");
            const auto both = std::min(was.size(), is.size());
            CHECK(std::ranges::equal(was.first(both), is.first(both)));
            CHECK((is.size() == both || is[both] < 0));
        }
    }
}
