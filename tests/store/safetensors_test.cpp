#include "store/safetensors.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "support/temp_dir.h"

namespace mast::store {

namespace {

/// A file with this header and so many bytes of data, byte for byte: floats 1, 2, 3, ...
void write_raw(const std::filesystem::path& path, const std::string& header,
               std::size_t data_bytes) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i)
        bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
    bytes += header;
    std::vector<float> values(data_bytes / 4 + 1);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(i + 1);
    const auto start = bytes.size();
    bytes.resize(start + data_bytes);
    std::memcpy(bytes.data() + start, values.data(), data_bytes);
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string refusal(const std::filesystem::path& path) {
    try {
        const Safetensors file(path);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_SUITE("store/safetensors") {
    TEST_CASE("a file made by hand is read") {
        const test::TempDir dir;
        // In the header "b" comes first, in the data "a"; an empty tensor and a scalar.
        write_raw(dir / "m.safetensors",
                  R"({"b":{"dtype":"F32","shape":[3],"data_offsets":[20,32]},)"
                  R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},)"
                  R"("none":{"dtype":"F32","shape":[0,5],"data_offsets":[4,4]},)"
                  R"("one":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                  R"("__metadata__":{"format":"pt"}}   )",
                  32);
        const Safetensors file(dir / "m.safetensors");
        REQUIRE(file.tensors().size() == 4);
        CHECK(file.metadata() == TensorMetadata{{"format", "pt"}});
        const auto* a = file.find("a");
        REQUIRE(a != nullptr);
        CHECK(a->shape == Shape{2, 2});
        CHECK(std::ranges::equal(file.values(*a), std::vector<float>{2, 3, 4, 5}));
        CHECK(std::ranges::equal(file.values(*file.find("b")), std::vector<float>{6, 7, 8}));
        CHECK(file.values(*file.find("one"))[0] == 1);
        CHECK(file.values(*file.find("none")).empty());
        CHECK(file.find("c") == nullptr);
        CHECK(file.not_finite().empty());
    }

    TEST_CASE("the bytes written are those of the format") {
        const test::TempDir dir;
        const std::vector<float> w{1.0F, -2.0F};
        write_safetensors(dir / "m.safetensors", Overwrite::refuse, {{"w", {2, 1}, w}},
                          {{"format", "pt"}});
        std::ifstream in(dir / "m.safetensors", std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)),
                                std::istreambuf_iterator<char>());
        // XXH3 of the bytes 00 00 80 3f 00 00 00 c0, and of {"format":"pt","xxh3":"xxh3:…"}, from
        // libxxhash called by itself.
        std::string header = R"({"__metadata__":{"format":"pt","xxh3":"xxh3:HASH",)"
                             R"("xxh3_metadata":"xxh3:0dab83a2c0a7b2f0"},)"
                             R"("w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})";
        header.replace(header.find("HASH"), 4, "28a0ba9c345d3723");
        header.append((8 - header.size() % 8) % 8, ' ');
        REQUIRE(bytes.size() == 8 + header.size() + 8);
        CHECK(static_cast<unsigned char>(bytes[0]) == header.size());
        CHECK(bytes.substr(1, 7) == std::string(7, '\0'));
        CHECK(bytes.substr(8, header.size()) == header);
        CHECK(bytes.substr(8 + header.size()) ==
              std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8));
    }

    TEST_CASE("every rule of the format is kept, and the place named") {
        const test::TempDir dir;
        struct Case {
            const char* header;
            std::size_t bytes;
            const char* said;
        };
        const Case cases[] = {
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
             "has 4 bytes of data, expected 8"},
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 12,
             "has 12 bytes of data, expected 8"},
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9,
             "has 9 bytes of data, expected 8"},
            {R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8,
             "tensor w has bytes 0 to 8, expected room for shape (3)"},
            {R"({"w":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}})", 8,
             "tensor w has type F16, expected F32"},
            {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
             R"("v":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
             12, "tensor v starts at byte 8, expected 4"},
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
             R"("v":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
             12, "tensor v starts at byte 4, expected 8"},
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12,
             "tensor w starts at byte 4, expected 0"},
            {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})", 8, "tensor w has bytes"},
            {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})", 8, "tensor w has bytes"},
            {R"({"w":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}})", 8,
             "tensor w is not described by"},
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})", 8,
             "tensor w is not described by"},
            {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,16]}})", 8,
             "tensor w is not described by"},
            {R"({"w":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})", 8,
             "tensor w is not described by"},
            {R"({"w":{"dtype":"F32","shape":2}})", 8, "tensor w is not described by"},
            {R"({"w":7})", 8, "tensor w is not described by"},
            {R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", 8,
             "has more elements than can be addressed"},
            {R"({"w":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4,
             "tensor w has bytes 0 to 4"},
            {R"({"__metadata__":{"a":1}})", 0, "__metadata__ is not a map of strings"},
            {R"([1,2])", 0, "header is not a JSON object"},
            {R"({"w":)", 0, "header is not a JSON object"},
            {"{\"w\xFF\":1}", 0, "header is not a JSON object"},
        };
        for (const auto& c : cases) {
            CAPTURE(c.header);
            write_raw(dir / "m.safetensors", c.header, c.bytes);
            const auto text = refusal(dir / "m.safetensors");
            CAPTURE(text);
            CHECK(text.find((dir / "m.safetensors").string()) == 0);
            CHECK(text.find(c.said) != std::string::npos);
        }
    }

    TEST_CASE("a header length beyond the file or the limit is refused before it is believed") {
        const test::TempDir dir;
        for (const std::string& length : {std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8),
                                          std::string("\x01\xE1\xF5\x05\x00\x00\x00\x00", 8),
                                          std::string("\x03\0\0\0\0\0\0\0", 8)}) {
            std::ofstream(dir / "m.safetensors", std::ios::binary) << length << "{}";
            CHECK(refusal(dir / "m.safetensors").find("header length is") != std::string::npos);
        }
    }

    TEST_CASE("a header of very many names is read, or refused, before long") {
        constexpr int kMany = 200'000;
        const test::TempDir dir;
        std::string tensors, words;
        for (int i = 0; i < kMany; ++i) {
            tensors +=
                fmt::format(R"("w{}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}},)", i);
            words += fmt::format(R"({}"{}":"")", i == 0 ? "" : ",", i);
        }
        write_raw(dir / "m", fmt::format(R"({{{}"__metadata__":{{{}}}}})", tensors, words), 0);
        const Safetensors file(dir / "m");
        CHECK(file.tensors().size() == kMany);
        CHECK(file.metadata().size() == kMany);
        write_raw(dir / "m", fmt::format(R"({{{}"bad":0}})", tensors), 0);
        CHECK(refusal(dir / "m").find("tensor bad is not described by") != std::string::npos);
    }

    TEST_CASE("a file cut anywhere, or with a changed byte, is refused") {
        const test::TempDir dir;
        const std::vector<float> w{1, 2, 3}, v{4};
        write_safetensors(dir / "m.safetensors", Overwrite::refuse,
                          {{"w", {3}, w}, {"v", {1, 1}, v}}, {});
        CHECK(refusal(dir / "m.safetensors").empty());
        std::ifstream in(dir / "m.safetensors", std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)),
                                std::istreambuf_iterator<char>());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CAPTURE(size);
            std::ofstream(dir / "cut", std::ios::binary) << bytes.substr(0, size);
            CHECK(!refusal(dir / "cut").empty());
        }
        for (std::size_t i = bytes.size() - 16; i < bytes.size(); ++i) {
            auto changed = bytes;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            std::ofstream(dir / "changed", std::ios::binary) << changed;
            CHECK(refusal(dir / "changed").find("data has hash") != std::string::npos);
        }
    }

    TEST_CASE("a flipped bit in the metadata is found") {
        const test::TempDir dir;
        const std::vector<float> w{1};
        write_safetensors(dir / "m", Overwrite::refuse, {{"w", {1}, w}}, {{"step", "1200"}});
        auto bytes = read_file(dir / "m", 10000);
        bytes.replace(bytes.find("1200"), 4, "1201");
        write_file(dir / "m", bytes, Overwrite::allow);
        CHECK(refusal(dir / "m").find("metadata has hash") != std::string::npos);
    }

    TEST_CASE("values that are not finite are found by tensor and place") {
        const test::TempDir dir;
        const std::vector<float> w{1, 2}, v{4, std::numeric_limits<float>::infinity()};
        write_safetensors(dir / "m.safetensors", Overwrite::refuse, {{"w", {2}, w}, {"v", {2}, v}},
                          {});
        CHECK(Safetensors(dir / "m.safetensors").not_finite() ==
              std::vector<std::string>{"tensor v holds inf at 1, expected finite numbers"});
    }

    TEST_CASE("an existing file is replaced only when asked, a missing one is named") {
        const test::TempDir dir;
        const std::vector<float> w{1};
        write_safetensors(dir / "m", Overwrite::refuse, {{"w", {1}, w}}, {});
        CHECK_THROWS_AS(write_safetensors(dir / "m", Overwrite::refuse, {{"w", {1}, w}}, {}),
                        IoError);
        write_safetensors(dir / "m", Overwrite::allow, {{"w", {1}, w}}, {});
        CHECK(refusal(dir / "none").find("cannot be read") != std::string::npos);
    }
}

}  // namespace mast::store
