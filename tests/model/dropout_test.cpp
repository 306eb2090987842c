// The network under dropout beside plain loops in double precision: masks where they belong.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "compute/reference.h"
#include "model/example.h"

using namespace mast;
using compute::DropoutKey;
namespace reference = mast::compute::reference;
using Values = std::vector<double>;

namespace {

/// Tensors of a network in double precision, by name.
class Tensors {
  public:
    explicit Tensors(const model::Transformer& model) : model_(model) {}
    Values operator()(const std::string& name) const {
        const auto values = model_.table().of(model_.values(), model_.table().find(name));
        return {values.begin(), values.end()};
    }

  private:
    const model::Transformer& model_;
};

void add(Values& to, const Values& from, std::size_t at = 0) {
    for (std::size_t i = 0; i < from.size(); ++i)
        to[at + i] += from[i];
}

DropoutKey at_site(DropoutKey key, std::uint32_t site) {
    key.site = site;
    return key;
}

/// x (B n, C) of layout obs,act with nothing hidden.
Values embedded(const Tensors& tensors, const window::Windows& windows, std::int64_t width) {
    Values x(static_cast<std::size_t>(windows.batch * windows.steps * 2 * width));
    for (std::int64_t slot = 0; slot < 2; ++slot) {
        const std::string name = slot == 0 ? "obs" : "act";
        const auto m = static_cast<std::size_t>(slot);
        const Values values(windows.values[m].begin(), windows.values[m].end());
        const auto rows = windows.batch * windows.steps;
        const auto content = reference::linear(values, tensors("embed." + name + ".weight"),
                                               tensors("embed." + name + ".bias"), rows,
                                               windows.channels[m].dim, width);
        const auto position = tensors("position.weight");
        for (std::int64_t r = 0; r < rows; ++r) {
            const auto row = [&](const Values& all, std::int64_t i) {
                return Values(all.begin() + i * width, all.begin() + (i + 1) * width);
            };
            const auto at = static_cast<std::size_t>((2 * r + slot) * width);
            add(x, row(content, r), at);
            add(x, row(position, r % windows.steps), at);
            add(x, tensors("modality." + name), at);
        }
    }
    return x;
}

/// A block whose three sites are numbered from `site`.
Values block(const Tensors& tensors, const std::string& prefix, const compute::AttentionShape& s,
             const compute::AttentionMask& mask, const DropoutKey& key, std::uint32_t site,
             Values x) {
    const auto t = [&](const std::string& name) { return tensors(prefix + name); };
    const auto rows = s.batch * s.tokens;
    const auto c = s.width;
    const auto linear = [&](const Values& in, const std::string& name, std::int64_t from,
                            std::int64_t to) {
        return reference::linear(in, t(name + ".weight"), t(name + ".bias"), rows, from, to);
    };
    const auto normed1 = reference::layer_norm(x, t("ln1.weight"), t("ln1.bias"));
    const auto attended =
        reference::attention(s, linear(normed1, "attn.qkv", c, 3 * c), mask, at_site(key, site));
    add(x,
        reference::dropout(at_site(key, site + 1), s.batch, linear(attended, "attn.proj", c, c)));
    const auto normed2 = reference::layer_norm(x, t("ln2.weight"), t("ln2.bias"));
    const auto activated = reference::gelu(linear(normed2, "mlp.fc", c, 4 * c));
    add(x, reference::dropout(at_site(key, site + 2), s.batch,
                              linear(activated, "mlp.proj", 4 * c, c)));
    return x;
}

/// Mean squared error of the actions that a policy predicts.
double policy_loss(const model::Transformer& model, const mask::Batch& batch,
                   const DropoutKey& key) {
    const Tensors tensors(model);
    const auto& windows = batch.windows;
    const auto& view = batch.views[0];
    const auto c = model.config().width;
    const auto n = 2 * windows.steps;
    const compute::AttentionShape shape{windows.batch, n, model.config().heads, c};
    std::vector<std::uint8_t> valid;
    for (std::int64_t i = 0; i < windows.batch * n; ++i)
        valid.push_back(windows.valid[static_cast<std::size_t>(i / 2)]);

    auto x = reference::dropout(at_site(key, 0), windows.batch, embedded(tensors, windows, c));
    for (std::uint32_t layer = 0; layer < model.config().layers; ++layer) {
        x = block(tensors, "blocks." + std::to_string(layer) + ".", shape,
                  {view.objective->attend, valid}, key, 1 + 3 * layer, x);
    }
    x = reference::layer_norm(x, tensors("ln_f.weight"), tensors("ln_f.bias"));
    const auto& actions = windows.values[store::index_of(store::Modality::act)];
    const auto predicted =
        reference::linear(x, tensors("heads.policy.act.weight"), tensors("heads.policy.act.bias"),
                          windows.batch * n, c, 2);
    double sum = 0;
    std::int64_t count = 0;
    for (std::size_t i = 0; i < windows.valid.size(); ++i) {
        if (windows.valid[i] == 0) continue;
        for (std::size_t d = 0; d < 2; ++d) {  // of a_t, at the row of o_t
            const double error = predicted[2 * i * 2 + d] - static_cast<double>(actions[2 * i + d]);
            sum += error * error;
            ++count;
        }
    }
    return sum / static_cast<double>(count);
}

}  // namespace

TEST_SUITE("model/dropout") {
    TEST_CASE("embedding, probabilities and branches are dropped, each by a mask of its own") {
        const test::Example example{"obs,act", {"policy"}, false, 30, 5};
        const auto made = test::make_batch(example);
        auto model = test::make_model(example, made);
        DropoutKey key;
        key.seed = 3;
        key.sample = 100;
        for (const double rate : {0.0, 0.1, 0.5}) {
            for (std::uint64_t step = 1; step < 4; ++step) {
                CAPTURE(rate);
                key.rate = rate;
                key.step = step;
                CHECK(test::dropped_loss(model, made.batch, 0, key) ==
                      doctest::Approx(policy_loss(model, made.batch, key)).epsilon(2e-6));
            }
        }
    }
}
