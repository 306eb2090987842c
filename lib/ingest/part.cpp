#include "ingest/part.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "ingest/format.h"

namespace mast::ingest {

using store::h5::Class;
using store::h5::Dataset;
using store::h5::Group;

namespace {

constexpr std::size_t kProblemsTold = 4;
constexpr int kDeepest = 16;
constexpr int kMostMembers = 10'000;
constexpr const char* kCure = "(leave it out with --map)";

/// What stands against a dataset as numbers; empty if nothing does.
std::string objection(const Dataset& dataset, const Space* space) {
    const auto type = dataset.type();
    if (auto text = dataset.obstacle(); !text.empty()) return text;
    if (space != nullptr && space->kind == Space::Kind::text) return "holds text, expected numbers";
    switch (type.kind) {
        case Class::integer:
        case Class::floating:
        case Class::boolean:
            break;
        case Class::string:
            return "holds text, expected numbers";
        case Class::bytes:
            return "holds images or other bytes of varying length, expected numbers";
        case Class::complex:
            return "holds complex numbers, expected real ones";
        case Class::other:
            return "holds no numbers (" + type.text + "), expected some";
    }
    const auto rank = dataset.shape().size();
    if (type.kind == Class::integer && type.size == 1 && rank >= 3) {
        return "holds images of shape " + to_text(dataset.shape()) + ", expected vectors";
    }
    if (dataset.row_size() < 1) return "has no columns, expected at least one";
    if (dataset.row_size() > kMostColumns) {
        return fmt::format("has {} columns, expected at most {}", dataset.row_size(), kMostColumns);
    }
    if (dataset.rows() >= kMostSteps) {
        return fmt::format("has {} rows, expected less than {}", dataset.rows(), kMostSteps);
    }
    // A disk that ran full leaves such holes. Data that was never written at all is meant so.
    const auto holes = dataset.missing_chunks();
    if (holes > 0 && holes < dataset.chunks()) {
        return fmt::format("has {} of {} chunks that were never written, expected all", holes,
                           dataset.chunks());
    }
    return "";
}

/// "joint" of "episode_*/joint", "observations_0" of "observations_*_0".
std::string last_word(const std::string& path) {
    auto word = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
    if (const auto star = word.find('*'); star != std::string::npos) {
        const bool joined = star > 0 && word[star - 1] == '_';
        word.erase(joined ? star - 1 : star, joined ? 2 : 1);
    }
    return word;
}

bool is_discrete(const Space* space) {
    return space != nullptr &&
           (space->kind == Space::Kind::discrete || space->kind == Space::Kind::multi_discrete);
}

class Finder {
  public:
    Finder(const Group& root, std::int64_t number, Problems& problems)
        : root_(root), number_(number), problems_(problems) {}

    void find(const std::string& path, const std::string& name, const Space* space, int depth = 0) {
        // Groups may have many names: a few that name each other would make endlessly many parts.
        if (members_ > kMostMembers) return;
        if (++members_ > kMostMembers) {
            problems_.add(fmt::format("{}/{}: has more than {} members, expected less {}",
                                      root_.where(), path, kMostMembers, kCure));
            return;
        }
        const auto here = with_number(path, number_);
        const auto where = fmt::format("{}/{}", root_.where(), here);
        if (space != nullptr && space->kind == Space::Kind::other) {
            problems_.add(
                fmt::format("{}: is of a {} space, expected Box, Discrete, Dict or the "
                            "like {}",
                            where, space->type, kCure));
            return;
        }
        switch (root_.kind_of(here)) {
            case Group::Kind::dataset:
                add_dataset(path, name, space);
                return;
            case Group::Kind::group:
                break;
            case Group::Kind::absent:
                problems_.add(fmt::format(
                    "{}: is missing, expected a dataset (say where it is with --map)", where));
                return;
            case Group::Kind::other:
                problems_.add(fmt::format(
                    "{}: is a link into another file, expected data in this one {}", where, kCure));
                return;
        }
        if (depth == kDeepest) {
            problems_.add(fmt::format("{}: is nested more than {} deep, expected less {}", where,
                                      kDeepest, kCure));
            return;
        }
        for (const auto& [child, part] : ordered_children(here, space)) {
            find(fmt::format("{}/{}", path, child),
                 name.empty() ? child : fmt::format("{}/{}", name, child), part, depth + 1);
        }
    }

    std::vector<Part> parts;

  private:
    using Ordered = std::vector<std::pair<std::string, const Space*>>;

    Ordered ordered_children(const std::string& path, const Space* space) const {
        Ordered result;
        if (space != nullptr && !space->parts.empty()) {
            for (const auto& [name, part] : space->parts)
                result.emplace_back(name, &part);
            return result;
        }
        auto children = root_.group(path).children();
        const auto index = [](const std::string& name) {
            return name.starts_with("_index_") ? std::atoll(name.c_str() + 7) : -1;
        };
        std::stable_sort(children.begin(), children.end(), [&](const auto& a, const auto& b) {
            return index(a.name) < index(b.name);
        });
        for (const auto& child : children)
            result.emplace_back(child.name, nullptr);
        return result;
    }

    void add_dataset(const std::string& path, const std::string& name, const Space* space) {
        const auto dataset = root_.dataset(with_number(path, number_));
        if (const auto text = objection(dataset, space); !text.empty()) {
            problems_.add(fmt::format("{}: {} {}", dataset.where(), text, kCure));
            return;
        }
        Part part;
        part.path = path;
        part.name = name.empty() ? last_word(path) : name;
        part.columns = dataset.row_size();
        const auto kind = dataset.type().kind;
        part.undescribed = space == nullptr && kind == Class::integer && part.columns == 1;
        if (space != nullptr && space->low.size() == space->high.size() &&
            static_cast<std::int64_t>(space->low.size()) == part.columns) {
            part.low = space->low;
            part.high = space->high;
        }
        if (is_discrete(space)) {
            part.one_hot = space->ranges;
            if (kind == Class::floating) {
                problems_.add(
                    fmt::format("{}: holds {}, expected the whole numbers of its space {}",
                                dataset.where(), dataset.type().text, kCure));
            }
            if (static_cast<std::int64_t>(part.one_hot.size()) != part.columns) {
                problems_.add(fmt::format("{}: has {} columns, expected the {} of its space {}",
                                          dataset.where(), part.columns, part.one_hot.size(),
                                          kCure));
            }
        }
        parts.push_back(std::move(part));
    }

    const Group& root_;
    std::int64_t number_;
    Problems& problems_;
    int members_ = 0;  ///< looked at so far
};

}  // namespace

std::int64_t Part::width() const {
    if (one_hot.empty()) return columns;
    std::int64_t sum = 0;
    for (const auto& range : one_hot)
        sum += range.count;
    return sum;
}

void Problems::fail_if_any() const {
    if (texts_.empty()) return;
    const auto told = std::min(texts_.size(), kProblemsTold);
    auto text = fmt::format(
        "{}", fmt::join(texts_.begin(), texts_.begin() + static_cast<std::ptrdiff_t>(told), "; "));
    if (texts_.size() > told) text += fmt::format("; and {} more problems", texts_.size() - told);
    throw DataError(text);
}

std::vector<Part> find_parts(const Group& root, const std::vector<std::string>& paths,
                             std::int64_t number, const std::string& space_path, const Space* space,
                             Problems& problems) {
    Finder finder(root, number, problems);
    for (const auto& path : paths) {
        // Parts are named by what follows the usual path; elsewhere, by a last word where several
        // paths must be told apart.
        auto name = paths.size() == 1 ? std::string() : last_word(path);
        const Space* here = path == space_path ? space : nullptr;
        if (path == space_path) name.clear();
        if (!space_path.empty() && path.starts_with(space_path + "/")) {
            name = path.substr(space_path.size() + 1);
            if (space != nullptr) here = space->find(name);
        }
        finder.find(path, name, here);
    }
    return std::move(finder.parts);
}

Columns::Columns(const Group& root, const std::vector<Part>& parts, std::int64_t number)
    : parts_(parts) {
    for (const auto& part : parts) {
        datasets_.push_back(root.dataset(with_number(part.path, number)));
        const auto& dataset = datasets_.back();
        if (const auto text = objection(dataset, nullptr); !text.empty()) {
            fail<DataError>("{}: {} {}", dataset.where(), text, kCure);
        }
        if (dataset.row_size() != part.columns) {
            fail<DataError>("{}: has {} columns, expected {} as in the first episode",
                            dataset.where(), dataset.row_size(), part.columns);
        }
        if (dataset.rows() != datasets_.front().rows()) {
            fail<DataError>("{}: has {} rows, expected {} as in /{} (is the file whole?)",
                            dataset.where(), dataset.rows(), datasets_.front().rows(),
                            with_number(parts.front().path, number));
        }
        width_ += part.width();
        rows_ = dataset.rows();
    }
}

void Columns::read(std::int64_t first, std::int64_t count, std::vector<float>& out) {
    out.resize(static_cast<std::size_t>(count * width_));
    std::int64_t column = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
        if (parts_[p].one_hot.empty()) {
            read_numbers(p, first, count, column, out);
        } else {
            read_one_hot(p, first, count, column, out);
        }
        column += parts_[p].width();
    }
}

void Columns::read_numbers(std::size_t part, std::int64_t first, std::int64_t count,
                           std::int64_t column, std::vector<float>& out) {
    const auto& dataset = datasets_[part];
    const auto columns = parts_[part].columns;
    numbers_.resize(static_cast<std::size_t>(count * columns));
    dataset.read(first, count, numbers_.data());
    for (std::int64_t r = 0; r < count; ++r) {
        const float* from = numbers_.data() + r * columns;
        float* to = out.data() + r * width_ + column;
        for (std::int64_t c = 0; c < columns; ++c) {
            if (!std::isfinite(from[c])) {
                fail<DataError>(
                    "{}: row {} column {} is {}, expected a finite number of 32 bits "
                    "(remove that episode, or leave the dataset out with --map)",
                    dataset.where(), first + r, c,
                    std::isnan(from[c]) ? "nan" : (from[c] > 0 ? "inf" : "-inf"));
            }
            to[c] = from[c];
        }
    }
}

void Columns::read_one_hot(std::size_t part, std::int64_t first, std::int64_t count,
                           std::int64_t column, std::vector<float>& out) {
    const auto& dataset = datasets_[part];
    const auto& ranges = parts_[part].one_hot;
    const auto columns = parts_[part].columns;
    whole_.resize(static_cast<std::size_t>(count * columns));
    dataset.read(first, count, whole_.data());
    for (std::int64_t r = 0; r < count; ++r) {
        float* to = out.data() + r * width_ + column;
        for (std::int64_t c = 0; c < columns; ++c) {
            const auto& range = ranges[static_cast<std::size_t>(c)];
            const auto place = whole_[static_cast<std::size_t>(r * columns + c)] - range.start;
            if (place < 0 || place >= range.count) {
                fail<DataError>("{}: row {} column {} is {}, expected {} to {} as its space says",
                                dataset.where(), first + r, c, place + range.start, range.start,
                                range.start + range.count - 1);
            }
            std::fill_n(to, range.count, 0.0F);
            to[place] = 1.0F;
            to += range.count;
        }
    }
}

void Columns::read_classes(std::int64_t first, std::int64_t count, const Space::Range& range,
                           std::vector<std::int32_t>& out) {
    whole_.resize(static_cast<std::size_t>(count));
    out.resize(static_cast<std::size_t>(count));
    datasets_[0].read(first, count, whole_.data());
    for (std::size_t r = 0; r < whole_.size(); ++r) {
        const auto place = whole_[r] - range.start;
        if (place < 0 || place >= range.count) {
            fail<DataError>("{}: row {} is {}, expected an action of {} to {}", where(),
                            first + static_cast<std::int64_t>(r), whole_[r], range.start,
                            range.start + range.count - 1);
        }
        out[r] = static_cast<std::int32_t>(place);
    }
}

void Columns::widen_range(std::int64_t& least, std::int64_t& most) {
    constexpr std::int64_t kBlock = 1 << 16;
    for (std::int64_t first = 0; first < rows_; first += kBlock) {
        whole_.resize(static_cast<std::size_t>(std::min(kBlock, rows_ - first)));
        datasets_[0].read(first, static_cast<std::int64_t>(whole_.size()), whole_.data());
        const auto [low, high] = std::minmax_element(whole_.begin(), whole_.end());
        least = std::min(least, *low);
        most = std::max(most, *high);
    }
}

}  // namespace mast::ingest
