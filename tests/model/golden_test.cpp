#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "model/example.h"
#include "store/safetensors.h"

using namespace mast;

namespace {

/// One file of tests/golden/make_model_values.py.
class Golden {
  public:
    explicit Golden(const std::string& name)
        : file_(std::string(MAST_SOURCE_DIR) + "/tests/golden/model_" + name + ".safetensors"),
          config_(model::model_config_from_json(file_.metadata().at("config"), name)) {
        objective_.name = name;
        objective_.role = file_.metadata().at("role");
        objective_.layout = config_.layout;
        objective_.steps = file_.find("valid")->shape[1];
        objective_.attend = flags("attend");
        objective_.target = mask::Target::always;
        for (const float row : tensor("readout"))
            objective_.readout.push_back(static_cast<std::int64_t>(row));
        auto& windows = batch_.windows;
        windows.resize(file_.find("valid")->shape[0], objective_.steps, config_.channels,
                       config_.layout.modalities());
        windows.valid = flags("valid");
        for (const auto modality : config_.layout.modalities()) {
            const auto m = store::index_of(modality);
            const auto values = tensor("values/" + std::string(store::name_of(modality)));
            if (config_.channels[m].discrete) {
                windows.classes.assign(values.begin(), values.end());
            } else {
                windows.values[m].assign(values.begin(), values.end());
            }
        }
        if (file_.find("may") != nullptr) windows.may = flags("may");
        batch_.views.push_back({&objective_, flags("hidden"), flags("predict"), {}});
    }

    std::vector<float> tensor(const std::string& name) const {
        const auto* found = file_.find(name);
        REQUIRE_MESSAGE(found != nullptr, name);
        return file_.values(*found);
    }
    std::vector<std::uint8_t> flags(const std::string& name) const {
        const auto values = tensor(name);
        return {values.begin(), values.end()};
    }
    const model::ModelConfig& config() const { return config_; }
    const mask::Batch& batch() const { return batch_; }
    double weight() const { return std::stod(file_.metadata().at("weight")); }
    std::size_t parameter_count() const {
        std::size_t count = 0;
        for (const auto& tensor : file_.tensors())
            count += tensor.name.rfind("parameter/", 0) == 0 ? 1 : 0;
        return count;
    }
    void check_losses(const model::LossSums& sums) const {
        const auto losses = nlohmann::json::parse(file_.metadata().at("losses"));
        double loss = 0;
        for (const auto modality : store::kModalities) {
            const std::string name(store::name_of(modality));
            const auto m = store::index_of(modality);
            CAPTURE(name);
            if (losses.contains(name)) {
                CHECK(sums.sum[m] == doctest::Approx(losses[name][0].get<double>()).epsilon(1e-5));
                CHECK(sums.count[m] == losses[name][1].get<std::int64_t>());
                loss += losses[name][0].get<double>() / losses[name][1].get<double>();
            } else {
                CHECK(sums.count[m] == 0);
            }
        }
        CHECK(sums.loss() == doctest::Approx(loss).epsilon(1e-5));
    }

  private:
    store::Safetensors file_;
    model::ModelConfig config_;
    mask::Objective objective_;
    mask::Batch batch_;
};

void compare(const std::string& name) {
    CAPTURE(name);
    const Golden golden(name);
    model::Transformer model(golden.config());
    const auto& table = model.table();
    CHECK(table.parameters().size() == golden.parameter_count());
    for (const auto& parameter : table.parameters()) {
        const auto values = golden.tensor("parameter/" + parameter.name);
        std::copy(values.begin(), values.end(), table.of(model.values(), parameter).begin());
    }
    golden.check_losses(model.loss(golden.batch(), 0));
    golden.check_losses(model.accumulate_gradient(golden.batch(), 0, golden.weight()));
    for (const auto& parameter : table.parameters()) {
        CAPTURE(parameter.name);
        CHECK(test::distance(table.of(model.gradients(), parameter),
                             golden.tensor("gradient/" + parameter.name)) < 1e-4);
    }
}

}  // namespace

TEST_SUITE("model/golden") {
    TEST_CASE("loss and every gradient agree with PyTorch: inverse, padded, a short window") {
        compare("inverse");
    }
    TEST_CASE("loss and every gradient agree with PyTorch: hidden classes and values") {
        compare("infill");
    }
    TEST_CASE("loss and every gradient agree with PyTorch: returns, one head, a weight") {
        compare("returns");
    }
    TEST_CASE("loss and every gradient agree with PyTorch: classes that are not valid") {
        compare("masked");
    }
    TEST_CASE("loss and every gradient agree with PyTorch: gates instead of sums") {
        compare("gated");
    }
    TEST_CASE(
        "loss and every gradient agree with PyTorch: mask constant, a row that sees nothing") {
        compare("constant");
    }
}
