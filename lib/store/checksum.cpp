#include "store/checksum.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "store/header.h"

namespace mast::store {

namespace {

constexpr std::int64_t kBlockBytes = std::int64_t{4} << 20U;
constexpr const char* kAttributes = "attributes";  ///< holds the hash of all others

template <class T>
std::uint64_t hash_rows(const h5::Dataset& dataset, const RowVisitor& visitor) {
    const auto row = dataset.row_size();
    const auto block = block_rows(row * static_cast<std::int64_t>(sizeof(T)));
    std::vector<T> values(static_cast<std::size_t>(std::min(block, dataset.rows()) * row));
    Hasher hasher;
    for (std::int64_t first = 0; first < dataset.rows(); first += block) {
        const auto count = std::min(block, dataset.rows() - first);
        dataset.read(first, count, values.data());
        hasher.add(values.data(), static_cast<std::size_t>(count * row) * sizeof(T));
        if constexpr (std::same_as<T, float>) {
            if (visitor) visitor(first, count, values.data());
        }
    }
    return hasher.value();
}

std::uint64_t hash_of(const h5::Dataset& dataset, const RowVisitor& visitor = nullptr) {
    dataset.expect_held();
    const auto type = dataset.type();
    if (type.kind == h5::Class::floating && type.size == 4) {
        return hash_rows<float>(dataset, visitor);
    }
    if (type.kind == h5::Class::floating && type.size == 8) {
        return hash_rows<double>(dataset, visitor);
    }
    if (type.kind == h5::Class::integer && type.size == 1) {
        return hash_rows<std::uint8_t>(dataset, visitor);
    }
    if (type.kind == h5::Class::integer && type.size == 4) {
        return hash_rows<std::int32_t>(dataset, visitor);
    }
    if (type.kind == h5::Class::integer && type.size == 8) {
        return hash_rows<std::int64_t>(dataset, visitor);
    }
    fail<DataError>("{}: holds {}, expected numbers as mast writes them", dataset.where(),
                    type.text);
}

/// Calls enter(group, "/path") for the group and every group below it, and visit(dataset, "/path")
/// for every dataset, in order of name. Each group is walked once: one that is linked into itself
/// would never end.
template <class Enter, class Visit>
void walk(const h5::Group& group, const std::string& prefix, std::set<std::uint64_t>& walked,
          const Enter& enter, const Visit& visit) {
    if (!walked.insert(group.address()).second) {
        fail<DataError>("{}: has two names, expected one (make the file again)", group.where());
    }
    enter(group, prefix);
    for (const auto& child : group.children()) {
        const auto path = prefix + "/" + child.name;
        if (child.kind == h5::Group::Kind::group) {
            walk(group.group(child.name), path, walked, enter, visit);
        } else if (child.kind == h5::Group::Kind::dataset) {
            auto dataset = group.dataset(child.name);
            visit(dataset, path);
        }
    }
}

template <class Visit>
void for_each_dataset(const h5::Group& group, const Visit& visit) {
    std::set<std::uint64_t> walked;
    walk(
        group, "", walked, [](const h5::Group&, const std::string&) {}, visit);
}

/// XXH3 over the attributes of the root and of everything below it, in order of name, and over the
/// shapes of datasets.
std::string attributes_hash(const h5::Group& root) {
    Hasher hasher;
    const auto add = [&](const std::string& text) { hasher.add(text.data(), text.size() + 1); };
    const auto add_all = [&](const h5::Object& object, const std::string& path) {
        auto names = object.attribute_names();
        std::sort(names.begin(), names.end());
        for (const auto& name : names) {
            if (path.empty() && (name == kAttributes || name == kComplete)) continue;
            add(path);
            add(name);
            add(object.attribute_content(name));
        }
    };
    std::set<std::uint64_t> walked;
    walk(root, "", walked, add_all, [&](const h5::Dataset& dataset, const std::string& path) {
        add(path);
        add(to_text(dataset.shape()) + dataset.type().text);
        add_all(dataset, path);
    });
    return hash_text(hasher.value());
}

/// Against the attributes; empty if nothing, also in a file from before they were hashed.
std::string damage_of_attributes(const h5::Group& root) {
    try {
        if (!root.has_attribute(kAttributes)) return "";
        const auto recorded = root.text_attribute(kAttributes);
        const auto found = attributes_hash(root);
        if (recorded == found) return "";
        return fmt::format("attributes have hash {}, expected {}", found, recorded);
    } catch (const Error& error) {
        return error.what();
    }
}

std::string damage_of(const h5::Dataset& dataset, const std::string& path) {
    try {
        if (const auto holes = dataset.missing_chunks(); holes > 0) {
            return fmt::format("{}: {} chunks were never written, expected all", path, holes);
        }
        if (!dataset.has_attribute("xxh3")) {
            return fmt::format("{}: has no recorded hash, expected attribute xxh3", path);
        }
        const auto recorded = dataset.text_attribute("xxh3");
        const auto found = hash_text(hash_of(dataset));
        if (recorded == found) return "";
        return fmt::format("{}: content has hash {}, expected {}", path, found, recorded);
    } catch (const Error& error) {
        return fmt::format("{}: {}", path, error.what());
    }
}

}  // namespace

std::int64_t block_rows(std::int64_t row_bytes) {
    return std::max<std::int64_t>(1, kBlockBytes / std::max<std::int64_t>(1, row_bytes));
}

void record_checksum(h5::Dataset& dataset, const RowVisitor& visitor) {
    dataset.set_attribute("xxh3", hash_text(hash_of(dataset, visitor)));
}

void record_checksums(const h5::Group& group) {
    for_each_dataset(group, [](h5::Dataset& dataset, const std::string&) {
        if (!dataset.has_attribute("xxh3")) record_checksum(dataset);
    });
}

void record_attributes(h5::Group& root) {
    root.set_attribute(kAttributes, attributes_hash(root));
}

std::vector<std::string> damage_inside(const h5::Group& root) {
    std::vector<std::string> damaged;
    if (auto line = damage_of_attributes(root); !line.empty()) damaged.push_back(std::move(line));
    for_each_dataset(root, [&](const h5::Dataset& dataset, const std::string& path) {
        auto line = damage_of(dataset, path);
        if (!line.empty()) damaged.push_back(std::move(line));
    });
    return damaged;
}

std::string content_hash(const h5::Group& group) {
    std::string all;
    for_each_dataset(group, [&](const h5::Dataset& dataset, const std::string& path) {
        if (dataset.has_attribute("xxh3")) all += path + dataset.text_attribute("xxh3");
    });
    return hash_text(hash64(all.data(), all.size()));
}

}  // namespace mast::store
