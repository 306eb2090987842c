#include "store/temporary.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/output_file.h"
#include "support/temp_dir.h"

namespace mast::store {

namespace {

/// Starts a process that ends with 0 if the work is done, and with 1 if that throws.
pid_t in_process(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
        work();
    } catch (const std::exception&) {
        ::_exit(1);
    }
    ::_exit(0);
}

int status_of(pid_t child) {
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

void leave_by_kill(const std::filesystem::path& target) {
    const auto child = in_process([&] {
        const OutputFile file(target, Overwrite::refuse);
        std::ofstream(file.temp_path()) << "half";
        ::raise(SIGKILL);
    });
    const int status = status_of(child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);
}

std::set<std::string> names_in(const test::TempDir& dir) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path()))
        names.insert(entry.path().filename().string());
    return names;
}

}  // namespace

TEST_SUITE("store/temporary") {
    TEST_CASE("what a killed process left goes when its target is written again") {
        const test::TempDir dir;
        leave_by_kill(dir / "x");
        leave_by_kill(dir / "y");
        REQUIRE(names_in(dir).size() == 2);
        write_file(dir / "x", "whole", Overwrite::refuse);
        CHECK(temporaries_of(dir / "x").empty());
        CHECK(temporaries_of(dir / "y").size() == 1);  // another target's
        CHECK(read_file(dir / "x", 100) == "whole");
    }

    TEST_CASE("what is being written stays, and so does what only looks alike") {
        const test::TempDir dir;
        std::set<std::string> others{
            ".x.tmp",    ".x.7.tmp",    ".x.7.0.1.tmp", ".x.7.a.tmp",   ".x.7.0.tmp.bak",
            "x.7.0.tmp", ".xx.7.0.tmp", ".x..tmp",      ".x.old.0.tmp", ".x.7.0.partial",
            ".x"};
        for (const auto& name : others)
            std::ofstream(dir / name) << "mine";
        std::filesystem::create_directory(dir / ".x.8.0.tmp");
        std::filesystem::create_symlink(dir / ".x", dir / ".x.9.0.tmp");
        others.insert({".x.8.0.tmp", ".x.9.0.tmp"});
        const OutputFile writing(dir / "x", Overwrite::refuse);
        others.insert(writing.temp_path().filename().string());
        // As another process sees it, and as this one does.
        CHECK(status_of(in_process([&] { remove_leftovers(dir / "x"); })) == 0);
        remove_leftovers(dir / "x");
        CHECK(names_in(dir) == others);
    }

    TEST_CASE("a file that was taken for a leftover before it was held is known to be gone") {
        const test::TempDir dir;
        const auto path = temporary_path(dir / "x", 0);
        const int descriptor = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        REQUIRE(descriptor >= 0);
        remove_leftovers(dir / "x");
        CHECK_FALSE(std::filesystem::exists(path));
        CHECK_FALSE(hold(descriptor, path));
        ::close(descriptor);
    }

    TEST_CASE("any number of processes write one target, and none takes another's file") {
        const test::TempDir dir;
        std::vector<pid_t> children;
        for (int process = 0; process < 4; ++process) {
            children.push_back(in_process([&] {
                for (int i = 0; i < 50; ++i)
                    write_file(dir / "x", "whole", Overwrite::allow);
            }));
        }
        for (const pid_t child : children)
            CHECK(status_of(child) == 0);
        CHECK(names_in(dir) == std::set<std::string>{"x"});
        CHECK(read_file(dir / "x", 100) == "whole");
    }
}

}  // namespace mast::store
