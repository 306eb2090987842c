// Foreign HDF5 files as other programs write them, and what mast makes of them.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ingest/ingest.h"
#include "store/h5.h"
#include "support/temp_dir.h"

namespace mast::test {

/// Writes datasets by path; groups on the way are made. Shapes are the caller's business.
class ForeignFile {
  public:
    explicit ForeignFile(const std::filesystem::path& path) {
        store::h5::start();
        file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        REQUIRE(file_ >= 0);
    }
    ~ForeignFile() { H5Fclose(file_); }
    ForeignFile(const ForeignFile&) = delete;
    ForeignFile& operator=(const ForeignFile&) = delete;

    using Extent = std::vector<hsize_t>;

    void floats(const std::string& path, const Extent& shape, const std::vector<float>& values) {
        write(path, shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
    }
    /// Stored with 64 bits, most significant byte first.
    void doubles(const std::string& path, const Extent& shape, const std::vector<double>& values) {
        write(path, shape, H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, values.data());
    }
    void whole(const std::string& path, const Extent& shape,
               const std::vector<std::int64_t>& values, hid_t type = H5T_STD_I64LE) {
        write(path, shape, type, H5T_NATIVE_INT64, values.data());
    }
    /// As h5py stores numpy's bool: an enumeration of one byte.
    void flags(const std::string& path, const std::vector<std::int8_t>& values) {
        const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
        std::int8_t value = 0;
        H5Tenum_insert(type, "FALSE", &value);
        value = 1;
        H5Tenum_insert(type, "TRUE", &value);
        write(path, {values.size()}, type, type, values.data());
        H5Tclose(type);
    }
    void texts(const std::string& path, const std::vector<const char*>& values) {
        const hid_t type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, H5T_VARIABLE);
        write(path, {values.size()}, type, type, values.data());
        H5Tclose(type);
    }
    /// As Minari stores JPEG images: sequences of bytes.
    void sequences(const std::string& path, std::size_t rows) {
        const hid_t type = H5Tvlen_create(H5T_STD_U8LE);
        const std::vector<hvl_t> values(rows, hvl_t{0, nullptr});
        write(path, {rows}, type, type, values.data());
        H5Tclose(type);
    }
    void complex(const std::string& path, std::size_t rows) {
        const hid_t type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(double));
        H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
        H5Tinsert(type, "i", sizeof(double), H5T_NATIVE_DOUBLE);
        const std::vector<double> values(2 * rows);
        write(path, {rows}, type, type, values.data());
        H5Tclose(type);
    }
    /// A text attribute of the file.
    void attribute(const std::string& name, const std::string& text) {
        const hid_t type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, text.size() + 1);
        const hid_t space = H5Screate(H5S_SCALAR);
        const hid_t id = H5Acreate2(file_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
        CHECK(H5Awrite(id, type, text.c_str()) >= 0);
        H5Aclose(id);
        H5Sclose(space);
        H5Tclose(type);
    }
    /// A link to /x of another file. mast takes from HDF5 what it knows of those, so here it is
    /// told how to write one, for that moment.
    void link_elsewhere(const std::string& path, const std::string& file) {
        H5L_class_t external{};
        external.version = H5L_LINK_CLASS_T_VERS;
        external.id = H5L_TYPE_EXTERNAL;
        external.trav_func = [](const char*, hid_t, const void*, std::size_t, hid_t,
                                hid_t) -> hid_t { return -1; };
        REQUIRE(H5Lregister(&external) >= 0);
        const auto value = std::string(1, '\0') + file + std::string("\0/x\0", 4);
        CHECK(H5Lcreate_ud(file_, path.c_str(), H5L_TYPE_EXTERNAL, value.data(), value.size(),
                           H5P_DEFAULT, H5P_DEFAULT) >= 0);
        CHECK(H5Lunregister(H5L_TYPE_EXTERNAL) >= 0);
    }
    /// Floats whose bytes are those of another file.
    void external(const std::string& path, const Extent& shape, const std::string& file) {
        const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        CHECK(H5Pset_external(properties, file.c_str(), 0, H5F_UNLIMITED) >= 0);
        make(path, shape, properties);
    }
    /// Floats that are /x of another HDF5 file.
    void virtual_of(const std::string& path, const Extent& shape, const std::string& file) {
        const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
        const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
        CHECK(H5Pset_virtual(properties, space, file.c_str(), "/x", space) >= 0);
        H5Sclose(space);
        make(path, shape, properties);
    }
    void link(const std::string& path, const std::string& target) {
        CHECK(H5Lcreate_soft(target.c_str(), file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT) >= 0);
    }

  private:
    /// A dataset without a write of its own.
    void make(const std::string& path, const Extent& shape, hid_t properties) {
        const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
        const hid_t id = H5Dcreate2(file_, path.c_str(), H5T_IEEE_F32LE, space, H5P_DEFAULT,
                                    properties, H5P_DEFAULT);
        CHECK(id >= 0);
        H5Dclose(id);
        H5Sclose(space);
        H5Pclose(properties);
    }
    void write(const std::string& path, const Extent& shape, hid_t stored, hid_t native,
               const void* values) {
        const hid_t links = H5Pcreate(H5P_LINK_CREATE);
        H5Pset_create_intermediate_group(links, 1);
        const hid_t space =
            shape.empty() ? H5Screate(H5S_SCALAR)
                          : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
        const hid_t id =
            H5Dcreate2(file_, path.c_str(), stored, space, links, H5P_DEFAULT, H5P_DEFAULT);
        REQUIRE(id >= 0);
        CHECK(H5Dwrite(id, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        H5Dclose(id);
        H5Sclose(space);
        H5Pclose(links);
    }

    hid_t file_;
};

/// A store, read whole.
struct Ingested {
    ingest::IngestReport report;
    store::TrajectorySpec spec;
    std::vector<store::Episode> episodes;
    std::vector<float> obs, act, rew;
    std::vector<std::int32_t> classes;
    std::vector<std::uint8_t> may;              ///< empty where the store has no masks
    std::vector<std::vector<float>> final_obs;  ///< empty where not known

    /// Start, length and end code of each episode.
    std::vector<std::int64_t> lengths() const {
        std::vector<std::int64_t> result;
        for (const auto& episode : episodes)
            result.push_back(episode.length);
        return result;
    }
    std::vector<store::End> ends() const {
        std::vector<store::End> result;
        for (const auto& episode : episodes)
            result.push_back(episode.end);
        return result;
    }
};

/// Ingests into a scratch folder of its own and reads the store back.
inline Ingested ingest_all(const std::vector<std::filesystem::path>& inputs,
                           const std::string& map = "", const char* format = nullptr) {
    const TempDir scratch;
    ingest::IngestOptions options;
    if (!map.empty()) options.map = ingest::parse_field_map(map);
    if (format != nullptr) options.format = &ingest::find_format(format);
    Ingested result;
    result.report = ingest::ingest(inputs, scratch / "s.h5", options);
    const store::TrajectoryReader store(scratch / "s.h5");
    result.spec = store.spec();
    result.episodes = store.episodes();
    const auto read = [&](store::Modality modality, std::vector<float>& out) {
        out.resize(static_cast<std::size_t>(store.steps() * store.dim(modality)));
        store.read(modality, 0, store.steps(), out);
    };
    read(store::Modality::obs, result.obs);
    read(store::Modality::rew, result.rew);
    if (result.spec.action_kind == store::ActionKind::continuous) {
        read(store::Modality::act, result.act);
    } else {
        result.classes.resize(static_cast<std::size_t>(store.steps()));
        store.read_classes(0, store.steps(), result.classes);
    }
    if (result.spec.action_masks) {
        result.may.resize(static_cast<std::size_t>(store.steps() * result.spec.act_dim));
        store.read_action_masks(0, store.steps(), result.may);
    }
    for (std::size_t e = 0; e < result.episodes.size(); ++e) {
        std::vector<float> row(static_cast<std::size_t>(result.spec.obs_dim));
        if (!store.read_final_obs(static_cast<std::int64_t>(e), row)) row.clear();
        result.final_obs.push_back(std::move(row));
    }
    return result;
}

/// Names and widths of the observation's parts: "a:2 b/c:1".
inline std::string parts_of(const store::TrajectorySpec& spec) {
    std::string text;
    for (const auto& part : spec.components)
        text += fmt::format("{}{}:{}", text.empty() ? "" : " ", part.name, part.width);
    return text;
}

}  // namespace mast::test
