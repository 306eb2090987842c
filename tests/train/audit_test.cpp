#include "train/audit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "base/random.h"
#include "support/small_store.h"
#include "support/temp_dir.h"
#include "train/linear_system.h"
#include "train/residual.h"

namespace mast::train {

namespace {

/// Noise in three observation columns (the last a component of its own), two action columns or
/// three classes, and the reward. A test overwrites what it plants before write().
struct Recording {
    struct Episode {
        std::vector<float> obs, act, rew;
        std::vector<std::int32_t> classes;
        std::size_t steps() const { return rew.size(); }
        float& o(std::size_t t, std::size_t c) { return obs[3 * t + c]; }
        float& a(std::size_t t, std::size_t c) { return act[2 * t + c]; }
    };
    std::vector<Episode> episodes;
    bool discrete = false;
    double discount = 1.0;
    store::SplitRule rule{0.0, 0.0, 0};

    explicit Recording(const std::vector<std::size_t>& lengths = std::vector<std::size_t>(20, 30)) {
        for (const auto length : lengths)
            episodes.push_back(noise(length, episodes.size()));
    }

    static Episode noise(std::size_t length, std::size_t number) {
        Random draws(9, "audit test", number);
        Episode episode;
        for (std::size_t t = 0; t < length; ++t) {
            for (int c = 0; c < 3; ++c)
                episode.obs.push_back(static_cast<float>(5 + 2 * draws.normal()));
            for (int c = 0; c < 2; ++c)
                episode.act.push_back(static_cast<float>(draws.normal()));
            episode.rew.push_back(static_cast<float>(draws.normal()));
            episode.classes.push_back(static_cast<std::int32_t>(draws.below(3)));
        }
        return episode;
    }

    /// Calls plant(episode, t) for every step.
    template <class Plant>
    Recording& plant(const Plant& plant_at) {
        for (auto& episode : episodes) {
            for (std::size_t t = 0; t < episode.steps(); ++t)
                plant_at(episode, t);
        }
        return *this;
    }

    void write(const std::filesystem::path& path) const {
        store::TrajectorySpec spec;
        spec.obs_dim = 3;
        spec.act_dim = discrete ? 3 : 2;
        spec.action_kind = discrete ? store::ActionKind::discrete : store::ActionKind::continuous;
        spec.components = {{"body", 0, 2}, {"extra", 2, 1}};
        spec.discount = discount;
        store::TrajectoryWriter writer(path, store::Overwrite::refuse, spec,
                                       {{"test", "0", 0, {}}});
        for (const auto& episode : episodes) {
            store::StepBlock block;
            block.steps = static_cast<std::int64_t>(episode.steps());
            block.obs = episode.obs;
            if (discrete) {
                block.classes = episode.classes;
            } else {
                block.act = episode.act;
            }
            block.rew = episode.rew;
            writer.append(block);
            writer.end_episode(store::End::truncated, {});
        }
        writer.finish(rule);
    }

    std::vector<AuditFinding> audit(const AuditLimits& limits = {}) const {
        const test::TempDir dir;
        write(dir / "s.h5");
        return train::audit(
            store::TrajectoryReader(dir / "s.h5"), [] {}, limits);
    }
};

bool is_measure(const AuditFinding& finding) {
    return finding.kind.starts_with("action_from_");
}

/// What was found of a kind.
std::vector<AuditFinding> of_kind(const std::vector<AuditFinding>& findings, const char* kind) {
    std::vector<AuditFinding> out;
    std::copy_if(findings.begin(), findings.end(), std::back_inserter(out),
                 [&](const auto& finding) { return finding.kind == kind; });
    return out;
}

/// "kind: what" of everything but measures, and but the reward's arithmetic, which always holds.
std::vector<std::string> faults(const std::vector<AuditFinding>& findings) {
    std::vector<std::string> out;
    for (const auto& finding : findings) {
        if (is_measure(finding) || finding.kind == "reward_from_returns") continue;
        out.push_back(finding.kind + ": " + finding.what);
    }
    return out;
}

using Lines = std::vector<std::string>;

/// R^2 of an action column from o_t, or from o_t and o_t+1, over all pairs of steps.
double expected_r2(Recording recording, std::int64_t column, bool both) {
    std::vector<double> x, y;
    recording.plant([&](auto& episode, std::size_t t) {
        if (t + 1 == episode.steps()) return;
        for (std::size_t c = 0; c < 6; ++c)
            x.push_back(static_cast<double>(episode.obs[3 * t + c]));
        y.push_back(static_cast<double>(episode.a(t, static_cast<std::size_t>(column))));
    });
    return test::r2_by_residual(x, 6, both ? 6 : 3, y);
}

}  // namespace

TEST_SUITE("train/audit") {
    TEST_CASE("noise has no faults, and measures that agree with orthogonal columns") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            episode.a(t, 0) += 0.3F * episode.o(t, 1);
            if (t > 0) episode.o(t, 2) += episode.a(t - 1, 1);
        });
        const auto findings = recording.audit();
        CHECK(faults(findings).empty());
        const auto one = of_kind(findings, "action_from_observation");
        const auto both = of_kind(findings, "action_from_two_observations");
        REQUIRE(one.size() == 3);
        REQUIRE(both.size() == 3);
        for (std::int64_t c = 0; c < 2; ++c) {
            const auto i = static_cast<std::size_t>(1 + c);
            CHECK(one[i].what == (c == 0 ? "act[0]" : "act[1]"));
            CHECK(one[i].value == doctest::Approx(expected_r2(recording, c, false)).epsilon(1e-6));
            CHECK(both[i].value == doctest::Approx(expected_r2(recording, c, true)).epsilon(1e-6));
        }
        CHECK(one[0].what == "act (mean)");
        CHECK(one[0].value == doctest::Approx((one[1].value + one[2].value) / 2));
        CHECK(both[1].text.find("a measure") != std::string::npos);
    }

    TEST_CASE("episodes of more than a block give every pair once") {
        Recording recording({2500, 1024, 1025, 1, 2});
        const auto both = of_kind(recording.audit(), "action_from_two_observations");
        REQUIRE(both.size() == 3);
        CHECK(both[1].value == doctest::Approx(expected_r2(recording, 0, true)).epsilon(1e-6));
    }

    TEST_CASE("a scaled copy of the action before is found by its component") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            episode.o(t, 2) = t == 0 ? 0.0F : 3 * episode.a(t - 1, 1) - 1;
        });
        const auto findings = recording.audit();
        CHECK(faults(findings) == Lines{"previous_action: obs[2] (extra)"});
        CHECK(findings.front().value == doctest::Approx(1.0).epsilon(1e-9));
        CHECK(of_kind(findings, "action_from_two_observations")[2].text.find("linear baseline") !=
              std::string::npos);
    }

    TEST_CASE("a mixture of actions is found, one with a little noise is not") {
        for (const float noise : {0.0F, 0.05F}) {
            Recording recording;
            recording.plant([noise](auto& episode, std::size_t t) {
                const float free = (episode.o(t, 0) - 5) / 2;
                if (t > 0) {
                    episode.o(t, 0) =
                        episode.a(t - 1, 0) - 2 * episode.a(t - 1, 1) + noise * 2.2F * free;
                }
            });
            const auto found = noise > 0 ? Lines{} : Lines{"previous_action: obs[0] (body[0])"};
            CHECK(faults(recording.audit()) == found);
        }
    }

    TEST_CASE("the number of the class before is found") {
        Recording recording;
        recording.discrete = true;
        recording.plant([](auto& episode, std::size_t t) {
            // Not in proportion: only a column for each class gives it.
            const auto before = t == 0 ? 0 : episode.classes[t - 1];
            episode.o(t, 1) = before == 2 ? 9.0F : static_cast<float>(before);
        });
        const auto findings = recording.audit();
        CHECK(faults(findings) == Lines{"previous_action: obs[1] (body[1])"});
        const auto both = of_kind(findings, "action_from_two_observations");
        REQUIRE(both.size() == 4);
        CHECK(both[1].what == "act is 0");
    }

    TEST_CASE("pairs do not cross the end of an episode") {
        // The copy holds within episodes; between two of them stands something large.
        Recording recording(std::vector<std::size_t>(300, 3));
        recording.plant([](auto& episode, std::size_t t) {
            episode.o(t, 0) = t == 0 ? 1000 * episode.o(t, 0) : episode.a(t - 1, 0);
        });
        CHECK(faults(recording.audit()) == Lines{"previous_action: obs[0] (body[0])"});
    }

    TEST_CASE("only the train split is looked at") {
        Recording recording;
        recording.rule = {0.4, 0.2, 3};
        const auto splits = store::draw_splits(20, recording.rule);
        for (std::size_t e = 0; e < 20; ++e) {
            if (splits[e] != store::Split::train) continue;
            auto& episode = recording.episodes[e];
            for (std::size_t t = 1; t < episode.steps(); ++t)
                episode.o(t, 1) = episode.a(t - 1, 0);
        }
        CHECK(faults(recording.audit()) == Lines{"previous_action: obs[1] (body[1])"});
    }

    TEST_CASE("rewards follow from returns unless they never change") {
        Recording recording;
        recording.discount = 0.9;
        const auto found = of_kind(recording.audit(), "reward_from_returns");
        REQUIRE(found.size() == 1);
        CHECK(found.front().value == doctest::Approx(1.0).epsilon(1e-9));
        CHECK(found.front().text.find("R_t - 0.9 R_t+1") != std::string::npos);

        recording.plant([](auto& episode, std::size_t t) { episode.rew[t] = 0.1F; });
        const auto findings = recording.audit();
        CHECK(of_kind(findings, "reward_from_returns").empty());
        CHECK(faults(findings) == Lines{"constant: rew"});
    }

    TEST_CASE("a reward at the very end counts among rewards that follow from returns") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            episode.rew[t] = t + 1 == episode.steps() ? 1.0F : 0.0F;
        });
        const auto found = of_kind(recording.audit(), "reward_from_returns");
        REQUIRE(found.size() == 1);
        CHECK(found.front().value == doctest::Approx(1.0).epsilon(1e-9));
    }

    TEST_CASE("a reward that is a linear map of its step, or of the next observation, is found") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            episode.rew[t] = 2 * episode.o(t, 0) - episode.a(t, 1);
        });
        CHECK(faults(recording.audit()) == Lines{"reward_from_step: rew"});
        recording.plant([](auto& episode, std::size_t t) {
            if (t + 1 < episode.steps()) episode.rew[t] = 4 - episode.o(t + 1, 2);
        });
        CHECK(faults(recording.audit()) == Lines{"reward_from_next_observation: rew"});
    }

    TEST_CASE("columns that say the same are found whatever their scale and sign") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            episode.o(t, 2) = 1 - episode.o(t, 0) / 3;
            episode.o(t, 1) = episode.o(t, 0) + 1e-3F * episode.o(t, 1);  // almost
        });
        const auto findings = recording.audit();
        CHECK(faults(findings) == Lines{"duplicate: obs[2] (extra) and obs[0] (body[0])"});
        CHECK(findings[1].value == doctest::Approx(-1.0).epsilon(1e-9));
    }

    TEST_CASE("the action inside the observation of its own step is found") {
        Recording recording;
        recording.plant(
            [](auto& episode, std::size_t t) { episode.o(t, 1) = -2 * episode.a(t, 0); });
        CHECK(faults(recording.audit()) == Lines{"duplicate: obs[1] (body[1]) and act[0]"});
        recording.discrete = true;
        recording.plant([](auto& episode, std::size_t t) {
            episode.o(t, 1) = static_cast<float>(episode.classes[t]);
        });
        CHECK(faults(recording.audit()) == Lines{"duplicate: obs[1] (body[1]) and act"});
    }

    TEST_CASE("constant columns are named and spoil no other figure") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            episode.o(t, 2) = 0.1F;
            episode.a(t, 1) = -7;
        });
        const auto findings = recording.audit();
        CHECK(faults(findings) == Lines{"constant: obs[2] (extra)", "constant: act[1]"});
        CHECK(of_kind(findings, "constant")[1].value == -7);
        const auto one = of_kind(findings, "action_from_observation");
        REQUIRE(one.size() == 2);
        CHECK(one[0].value == one[1].value);
        CHECK(std::isfinite(one[0].value));
    }

    TEST_CASE("a linear system answers the inverse objective and not the policy") {
        const test::TempDir dir;
        test::LinearSystem{}.write(dir / "s.h5");
        const auto findings = audit(store::TrajectoryReader(dir / "s.h5"), [] {});
        const auto both = of_kind(findings, "action_from_two_observations");
        REQUIRE(both.size() == 2);
        CHECK(both[1].value > 0.9999);
        CHECK(both[1].text.find("answers the inverse objective") != std::string::npos);
        CHECK(of_kind(findings, "action_from_observation")[1].value < 0.02);
        CHECK(faults(findings) == Lines{"constant: rew"});
    }

    TEST_CASE("too few steps are said to be too few and fitted to nothing") {
        const auto findings = Recording({6, 6}).audit();
        CHECK(of_kind(findings, "skipped").size() == 4);
        CHECK(faults(findings).size() == 4);
        CHECK(std::none_of(findings.begin(), findings.end(), is_measure));
    }

    TEST_CASE("a store of columns that count up is full of maps, and read without harm") {
        const test::TempDir dir;
        test::SmallStore{{40, 50, 60}, false, {0.0, 0.0, 0}}.write(dir / "s.h5");
        const auto found = faults(audit(store::TrajectoryReader(dir / "s.h5"), [] {}));
        CHECK(std::count(found.begin(), found.end(), "reward_from_step: rew") == 1);
        CHECK(std::count(found.begin(), found.end(), "reward_from_next_observation: rew") == 1);
    }

    TEST_CASE("wide observations lose the wide fits and keep the others") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            if (t > 0) episode.o(t, 2) = episode.a(t - 1, 1);
            episode.o(t, 1) = episode.a(t, 0);
            episode.rew[t] = episode.o(t, 0);
        });
        const auto found = [&recording](std::int64_t columns) {
            AuditLimits limits;
            limits.columns = columns;
            return faults(recording.audit(limits));
        };
        const Lines kept{"previous_action: obs[2] (extra)",
                         "duplicate: obs[1] (body[1]) and act[0]"};
        const std::string skipped = "skipped: reward fits, duplicates in obs, action measures";
        CHECK(found(3) == Lines{kept[0], kept[1], "reward_from_step: rew"});
        CHECK(found(2) == Lines{kept[0], kept[1], skipped});
        CHECK(found(1) == Lines{skipped, "skipped: actions in obs"});
    }

    TEST_CASE("where the work is bounded, blocks from all over the store are read") {
        Recording recording;
        recording.plant([](auto& episode, std::size_t t) {
            if (t > 0) episode.o(t, 2) = episode.a(t - 1, 1);
        });
        AuditLimits limits;
        limits.work = 10'000;  // of 63 for each of 600 steps
        const auto findings = recording.audit(limits);
        const auto sampled = of_kind(findings, "sampled");
        REQUIRE(sampled.size() == 1);
        CHECK(sampled.front().value == 0.25);
        CHECK(of_kind(findings, "previous_action").size() == 1);
    }

    TEST_CASE("what is called between blocks can stop the audit") {
        const test::TempDir dir;
        Recording().write(dir / "s.h5");
        const store::TrajectoryReader store(dir / "s.h5");
        int calls = 0;
        const auto stop = [&calls] {
            if (++calls == 3) throw std::runtime_error("stop");
        };
        CHECK_THROWS_WITH(audit(store, stop), "stop");
        CHECK(calls == 3);
    }
}

}  // namespace mast::train
