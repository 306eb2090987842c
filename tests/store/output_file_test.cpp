#include "store/output_file.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/error.h"
#include "store/write_back.h"
#include "support/no_more_threads.h"
#include "support/temp_dir.h"

namespace mast::store {

TEST_SUITE("store/output_file") {
    TEST_CASE("room set aside does not show in the file") {
        const test::TempDir dir;
        OutputFile file(dir / "x", Overwrite::refuse);
        file.reserve(1 << 20);
        std::ofstream(file.temp_path(), std::ios::app) << "short";
        file.commit();
        CHECK(read_file(dir / "x", 100) == "short");
    }

    TEST_CASE("more than the disk holds is refused, and leaves nothing behind") {
        const test::TempDir dir;
        {
            const OutputFile file(dir / "x", Overwrite::refuse);
            const auto room = std::filesystem::space(dir.path()).capacity;
            std::string message;
            try {
                file.reserve(static_cast<std::int64_t>(room) + (std::int64_t{1} << 30U));
            } catch (const IoError& error) {
                message = error.what();
            }
            CHECK(message.find("that the disk has left") != std::string::npos);
            CHECK(message.find((dir / "x").string()) == 0);
        }
        CHECK(std::filesystem::is_empty(dir.path()));
    }

    TEST_CASE("a file put on disk ahead of time has the same content, also without a thread") {
        const std::string piece(std::size_t{5} << 20U, 'a');
        for (const bool threads : {true, false}) {
            const test::TempDir dir;
            OutputFile file(dir / "x", Overwrite::refuse);
            {
                std::optional<test::NoMoreThreads> none;
                if (!threads) none.emplace();
                WriteBack write_back(file.temp_path());
                std::ofstream out(file.temp_path(), std::ios::binary);
                for (int i = 0; i < 10; ++i) {
                    out << piece;
                    write_back.written(static_cast<std::int64_t>(piece.size()));
                }
            }
            file.commit();
            const auto content = read_file(dir / "x", std::size_t{64} << 20U);
            CHECK(content.size() == 10 * piece.size());
            CHECK(content.find_first_not_of('a') == std::string::npos);
        }
    }
}

}  // namespace mast::store
