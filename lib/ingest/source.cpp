#include "ingest/source.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace mast::ingest {

namespace {

std::unique_ptr<Columns> open_columns(const store::h5::Group& root, const std::vector<Part>& parts,
                                      std::int64_t number) {
    return parts.empty() ? nullptr : std::make_unique<Columns>(root, parts, number);
}

std::int64_t total_width(const std::vector<Part>& parts) {
    std::int64_t sum = 0;
    for (const auto& part : parts)
        sum += part.width();
    return sum;
}

bool has_star(const std::string& path) {
    return path.find('*') != std::string::npos;
}

}  // namespace

Source::Source(const InputFile& file, const Format* format, const FieldMap& map,
               std::function<void()> between)
    : name_(file.path().string()),
      between_(std::move(between)),
      file_(store::h5::File::open(file.descriptor(), name_)),
      root_(file_.root()) {
    if (root_.has_attribute("mast_kind")) {
        fail<DataError>("{}: is a file of mast itself ({}), expected a foreign dataset", name_,
                        root_.text_attribute("mast_kind"));
    }
    choose_format(file, format, map);
    Problems problems;
    find_fields(problems);
    problems.fail_if_any();
    find_action_kind(problems);
    problems.fail_if_any();
    check_episodes(problems);
    problems.fail_if_any();
    count_actions();
    count_values();
    name_components();
}

void Source::choose_format(const InputFile& file, const Format* format, const FieldMap& map) {
    const auto* chosen = format != nullptr ? format : detect_format(root_);
    if (chosen == nullptr) chosen = &kMapped;
    if (chosen == &kMapped && (!map.contains("observations") || !map.contains("actions"))) {
        fail<DataError>(
            "{}: is of no known layout, expected D4RL, Minari, robomimic or d3rlpy (say "
            "where things are with --map observations=PATH,actions=PATH,...)",
            name_);
    }
    format_ = chosen->name;
    usual_ = chosen->fields(root_);
    fields_ = usual_;
    for (const auto& [field, paths] : map)
        fields_[field] = paths;
    if (map.contains("observations") && !map.contains("next_observations")) follow_observations();
    if (chosen->spaces != nullptr) spaces_ = chosen->spaces(root_, file);
}

/// Where --map chose among the observations, the next ones are chosen alike.
void Source::follow_observations() {
    const auto next = fields_.find("next_observations");
    if (next == fields_.end()) return;
    const auto from = usual_.at("observations").front();
    const auto to = next->second.front();
    std::vector<std::string> paths;
    for (const auto& path : fields_.at("observations")) {
        if (path != from && !path.starts_with(from + "/")) break;
        paths.push_back(to + path.substr(from.size()));
    }
    if (paths.size() == fields_.at("observations").size()) {
        next->second = paths;
    } else {
        fields_.erase(next);
    }
}

void Source::check_stars() const {
    const auto& actions = fields_.at("actions").front();
    for (const auto& [field, paths] : fields_) {
        for (const auto& path : paths) {
            if (has_star(path) == has_star(actions)) continue;
            fail<UsageError>(
                "--map: {} and {} differ in having a *, expected all paths with it or none",
                actions, path);
        }
    }
}

void Source::find_fields(Problems& problems) {
    check_stars();
    const auto& actions = fields_.at("actions").front();
    if (has_star(actions)) {
        numbers_ = episode_numbers(root_, actions);
        if (numbers_.empty()) {
            fail<DataError>(
                "{}: has no episodes at /{}, expected at least one (is it of another format?)",
                name_, actions);
        }
    }
    const auto number = flat() ? 0 : numbers_.front();
    const auto find = [&](const char* field, const Space* space) -> std::vector<Part> {
        const auto paths = fields_.find(field);
        if (paths == fields_.end()) return {};
        const auto usual = usual_.find(field);
        return find_parts(root_, paths->second, number,
                          usual == usual_.end() ? "" : usual->second.front(), space, problems);
    };
    obs_ = find("observations", spaces_.observations ? &*spaces_.observations : nullptr);
    act_ = find("actions", spaces_.actions ? &*spaces_.actions : nullptr);
    mask_ = find("action_mask", nullptr);
    rew_ = find("rewards", nullptr);
    terminals_ = find("terminals", nullptr);
    timeouts_ = find("timeouts", nullptr);
    next_obs_ = find("next_observations", nullptr);
    if (problems.none()) check_widths(problems);
}

void Source::check_widths(Problems& problems) const {
    const auto add = [&](const std::string& text) {
        problems.add(fmt::format("{}: {}", name_, text));
    };
    for (const auto* single : {&rew_, &terminals_, &timeouts_}) {
        if (single->empty() || total_width(*single) == 1) continue;
        add(fmt::format("{} has {} columns, expected one", single->front().path,
                        total_width(*single)));
    }
    for (const auto* field : {&obs_, &act_}) {
        const auto* name = field == &obs_ ? "observations" : "actions";
        if (field->empty()) add(fmt::format("has no {}, expected some", name));
        if (total_width(*field) > kMostColumns) {
            add(fmt::format("has {} columns of {}, expected at most {}", total_width(*field), name,
                            kMostColumns));
        }
    }
    if (total_width(mask_) > kMostColumns) {
        add(fmt::format("has {} columns of action_mask, expected at most {}", total_width(mask_),
                        kMostColumns));
    }
    const auto same = [](const Part& a, const Part& b) { return a.columns == b.columns; };
    if (!next_obs_.empty() &&
        !std::equal(next_obs_.begin(), next_obs_.end(), obs_.begin(), obs_.end(), same)) {
        add(fmt::format("next_observations have {} columns, expected the {} of observations",
                        total_width(next_obs_), total_width(obs_)));
    }
}

void Source::name_components() {
    for (const auto& part : obs_) {
        spec_.components.push_back({part.name, spec_.obs_dim, part.width()});
        spec_.obs_dim += part.width();
    }
}

void Source::find_action_kind(Problems& problems) {
    std::int64_t discrete_parts = 0;
    for (const auto& part : act_) {
        if (!part.one_hot.empty() || part.undescribed) ++discrete_parts;
    }
    if (discrete_parts == 0) {
        spec_.act_dim = total_width(act_);
        if (mask_.empty()) return;
        problems.add(
            fmt::format("{}: /{}: is a mask of continuous actions, expected discrete ones (leave "
                        "action_mask out)",
                        name_, mask_.front().path));
        return;
    }
    if (act_.size() == 1 && act_[0].columns == 1) {
        spec_.action_kind = store::ActionKind::discrete;
        spec_.action_masks = !mask_.empty();
        if (!act_[0].one_hot.empty()) classes_ = act_[0].one_hot[0];
        act_[0].one_hot.clear();
        return;
    }
    const auto& path = fields_.at("actions").front();
    if (discrete_parts < static_cast<std::int64_t>(act_.size())) {
        problems.add(
            fmt::format("{}: /{}: mixes discrete and continuous actions, expected one kind "
                        "(choose with --map actions=PATH)",
                        name_, path));
    } else {
        problems.add(
            fmt::format("{}: /{}: has several discrete actions, expected one (choose with "
                        "--map actions=PATH)",
                        name_, path));
    }
}

Description Source::description() const {
    return {format_, spec_, steps_, warnings()};
}

std::vector<std::string> Source::warnings() const {
    std::vector<std::string> texts;
    if (rew_.empty()) {
        texts.push_back(
            fmt::format("{}: has no rewards, zeros stand for them (say where they are "
                        "with --map rewards=PATH)",
                        name_));
    }
    if (flat() && !terminals_.empty() && timeouts_.empty()) {
        texts.push_back(
            fmt::format("{}: has no timeouts, episodes that a time limit cut run into "
                        "the next one (say where they are with --map timeouts=PATH)",
                        name_));
    }
    return texts;
}

Source::Opened Source::open(std::int64_t number) const {
    Opened episode;
    episode.number = number;
    episode.obs = open_columns(root_, obs_, number);
    episode.act = open_columns(root_, act_, number);
    episode.mask = open_columns(root_, mask_, number);
    episode.rew = open_columns(root_, rew_, number);
    episode.terminals = open_columns(root_, terminals_, number);
    episode.timeouts = open_columns(root_, timeouts_, number);
    episode.next_obs = open_columns(root_, next_obs_, number);
    episode.steps = episode.act->rows();
    return episode;
}

void Source::check_rows(const Columns* columns, const Opened& episode, Problems& problems) const {
    if (columns == nullptr || columns->rows() == episode.steps) return;
    // One flag for a whole episode, as d3rlpy has it.
    const bool flag = columns == episode.terminals.get() || columns == episode.timeouts.get();
    if (flag && !flat() && columns->rows() == 1) return;
    problems.add(fmt::format("{}: has {} rows, expected the {} of /{} (is the file whole?)",
                             columns->where(), columns->rows(), episode.steps,
                             with_number(act_.front().path, episode.number)));
}

void Source::check_episodes(Problems& problems) {
    const auto check = [&](std::int64_t number) {
        between_();
        const auto episode = open(number);
        if (episode.steps == 0) {
            problems.add(fmt::format("{}: has 0 rows, expected at least one action ({})",
                                     episode.act->where(),
                                     flat() ? "is it the right file?" : "remove that episode"));
            return;
        }
        // What is known before an action may also be known after the last one.
        for (const auto* columns : {episode.obs.get(), episode.mask.get()}) {
            if (columns == nullptr || columns->rows() == episode.steps ||
                columns->rows() == episode.steps + 1) {
                continue;
            }
            problems.add(fmt::format(
                "{}: has {} rows, expected {} or {} for the {} actions (is the file whole?)",
                columns->where(), columns->rows(), episode.steps, episode.steps + 1,
                episode.steps));
        }
        for (const auto* columns : {episode.rew.get(), episode.terminals.get(),
                                    episode.timeouts.get(), episode.next_obs.get()}) {
            check_rows(columns, episode, problems);
        }
        steps_ = std::min(kMostSteps, steps_ + episode.steps);
        if (flat() && episode.obs->rows() == episode.steps && terminals_.empty() &&
            timeouts_.empty()) {
            problems.add(
                fmt::format("{}: has neither terminals nor timeouts, expected one to tell "
                            "where episodes end (--map terminals=PATH)",
                            name_));
        }
    };
    if (flat()) check(0);
    for (const auto number : numbers_) {
        try {
            check(number);
        } catch (const DataError& error) {
            problems.add(error.what());
        }
    }
}

void Source::widen_range(const Part& part, std::int64_t& least, std::int64_t& most) const {
    const std::vector<Part> alone{part};
    if (flat()) Columns(root_, alone, 0).widen_range(least, most);
    for (const auto number : numbers_)
        Columns(root_, alone, number).widen_range(least, most);
}

/// The classes of discrete actions: what the space says, else 0 to the largest number in the file,
/// or as many as a mask names.
void Source::count_actions() {
    if (!discrete()) return;
    if (classes_.count == 0) {
        std::int64_t least = 0;
        std::int64_t most = 0;
        widen_range(act_[0], least, most);
        if (least < 0 || most >= kMostColumns) {
            fail<DataError>(
                "{}/{}: holds actions from {} to {}, expected whole numbers from 0 below {} "
                "(store continuous actions as floats)",
                root_.where(), act_[0].path, least, most, kMostColumns);
        }
        classes_ = {0, std::max(most + 1, total_width(mask_))};
    }
    check_mask_width();
    spec_.act_dim = classes_.count;
}

void Source::check_mask_width() const {
    if (mask_.empty() || total_width(mask_) == classes_.count) return;
    fail<DataError>("{}/{}: has {} columns, expected {}, one for each action", root_.where(),
                    mask_.front().path, total_width(mask_), classes_.count);
}

/// Observations that are a whole number each become one column for each value that occurs.
void Source::count_values() {
    for (std::size_t p = 0; p < obs_.size(); ++p) {
        if (obs_[p].undescribed) {
            auto least = std::numeric_limits<std::int64_t>::max();
            auto most = std::numeric_limits<std::int64_t>::min();
            widen_range(obs_[p], least, most);
            if (!next_obs_.empty()) widen_range(next_obs_[p], least, most);
            constexpr std::uint64_t kMostValues = 4096;
            if (static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) >=
                kMostValues) {
                fail<DataError>(
                    "{}/{}: holds whole numbers from {} to {}, expected at most {} values for a "
                    "discrete observation (store numbers as floats, or leave it out with --map)",
                    root_.where(), obs_[p].path, least, most, kMostValues);
            }
            obs_[p].one_hot = {{least, most - least + 1}};
        }
        if (!next_obs_.empty()) next_obs_[p].one_hot = obs_[p].one_hot;
    }
}

}  // namespace mast::ingest
