#include "base/confined_child.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "base/sanitizers.h"
#include "support/temp_dir.h"

namespace mast {

namespace {

/// What a child wrote before it ended, and the signal that ended it.
struct Ended {
    std::string said;
    int signal = 0;
};

void say(const ChildDesk& desk, const std::string& text) {
    desk.output.send(std::as_bytes(std::span(text)));
    desk.output.flush();
}

Ended run(const std::function<void(const ChildDesk&)>& work, const ChildLimits& limits = {},
          const std::vector<int>& inputs = {}) {
    ConfinedChild child(inputs, limits, work);
    Ended ended;
    std::array<char, 4096> block{};
    try {
        for (;;) {
            const auto got = child.output().receive(std::as_writable_bytes(std::span(block)), 100);
            ended.said.append(block.data(), got);
        }
    } catch (const SharedStream::Closed&) {
        ended.signal = child.wait();
    }
    return ended;
}

/// "yes" where a call gave something, else the name of its error.
std::string outcome(long result) {
    if (result >= 0) return "yes";
    return errno == EPERM ? "EPERM" : errno == EBADF ? "EBADF" : "another error";
}

/// Whether this system and this build forbid calls at all.
bool filters() {
    if (kSanitized) return false;
    return run([](const ChildDesk& desk) { say(desk, desk.unconfined ? "no" : "yes"); }).said ==
           "yes";
}

}  // namespace

TEST_SUITE("base/confined_child") {
    TEST_CASE("what a child says arrives, and it ends in peace") {
        const auto ended = run([](const ChildDesk& desk) { say(desk, "forty-two"); });
        CHECK(ended.said == "forty-two");
        CHECK(ended.signal == 0);
    }

    TEST_CASE("a child reads the file that it was given, from any place") {
        const test::TempDir dir;
        std::ofstream(dir / "f") << "0123456789";
        const int file = ::open((dir / "f").c_str(), O_RDONLY | O_CLOEXEC);
        const auto ended = run(
            [&](const ChildDesk& desk) {
                std::string text(3, '?');
                if (::pread(file, text.data(), 3, 4) == 3) say(desk, text);
                say(desk, std::to_string(::lseek(file, 0, SEEK_END)));
            },
            {}, {file});
        ::close(file);
        CHECK(ended.said == "45610");
    }

    TEST_CASE("a child that breaks down is survived, with what it said before") {
        const auto ended = run([](const ChildDesk& desk) {
            say(desk, "a");
            // Not by an access that a sanitizer would answer for.
            std::signal(SIGSEGV, SIG_DFL);
            std::raise(SIGSEGV);
        });
        CHECK(ended.said == "a");
        CHECK(ended.signal == SIGSEGV);
    }

    TEST_CASE("a child that computes without an end is ended") {
        const auto ended = run(
            [](const ChildDesk& /*desk*/) {
                const volatile bool forever = true;
                while (forever) {
                }
            },
            {std::int64_t{1} << 30U, 1});
        CHECK(ended.signal == SIGPROF);
    }

    TEST_CASE("a child takes no more memory than it may") {
        if (kSanitized) {
            MESSAGE("skipped: a sanitizer needs more address space than any limit would leave");
            return;
        }
        const auto greedy = [](const ChildDesk& desk) {
            // Volatile, or clang leaves out what nobody uses.
            void* volatile small = std::malloc(std::size_t{8} << 20U);
            void* volatile large = std::malloc(std::size_t{128} << 20U);
            say(desk, small == nullptr ? "no small, " : "small, ");
            say(desk, large == nullptr ? "no large" : "large");
        };
        CHECK(run(greedy, {std::int64_t{64} << 20U, 60}).said == "small, no large");
    }

    TEST_CASE("a child opens nothing, writes nothing, reaches nobody and starts nothing") {
        if (!filters()) {
            MESSAGE("skipped: this system or this build (a sanitizer's) forbids no calls");
            return;
        }
        const test::TempDir dir;
        const auto path = (dir / "f").string();
        const auto ended = run([&](const ChildDesk& desk) {
            say(desk, outcome(::open("/etc/passwd", O_RDONLY)) + " ");
            say(desk, outcome(::open(path.c_str(), O_CREAT | O_WRONLY, 0666)) + " ");
            say(desk, outcome(::unlink(path.c_str())) + " ");
            say(desk, outcome(::socket(AF_INET, SOCK_STREAM, 0)) + " ");
            say(desk, outcome(::kill(::getppid(), SIGTERM)) + " ");
            say(desk, outcome(::execl("/bin/true", "true", nullptr)) + " ");
            say(desk, outcome(::fork()) + " ");
            void* const code = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            say(desk, outcome(code == MAP_FAILED ? -1 : 0));
        });
        CHECK(ended.said == "EPERM EPERM EPERM EPERM EPERM EPERM EPERM EPERM");
        CHECK(std::filesystem::is_empty(dir.path()));
    }

    TEST_CASE("a child has none of its parent's other files") {
        const test::TempDir dir;
        const int file = ::open((dir / "f").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
        const auto ended =
            run([&](const ChildDesk& desk) { say(desk, outcome(::pread(file, nullptr, 0, 0))); });
        CHECK(ended.said == (filters() ? "EPERM" : "EBADF"));
        CHECK(::write(file, "x", 1) == 1);
        ::close(file);
    }

    TEST_CASE("a child that is not waited for is ended") {
        ConfinedChild child({}, {}, [](const ChildDesk& desk) {
            say(desk, std::string(std::size_t{64} << 20U, 'x'));  // more than a stream holds
        });
        std::array<std::byte, 1> first{};
        while (child.output().receive(first, 100) == 0) {
        }
        CHECK(first[0] == std::byte{'x'});
    }
}

}  // namespace mast
