#include "base/shared_stream.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <vector>

using mast::SharedStream;

namespace {

/// Byte i of a stream that no shift of whole slots leaves the same.
std::byte expected(std::size_t i) {
    return static_cast<std::byte>(i % 251);
}

/// The bytes of a stream, in pieces from 1 to 900,001 of them.
void send_in_pieces(SharedStream& stream, std::size_t bytes) {
    std::vector<std::byte> piece;
    for (std::size_t sent = 0, size = 1; sent < bytes; size = size * 7 % 900'001 + 1) {
        piece.resize(std::min(size, bytes - sent));
        for (std::size_t i = 0; i < piece.size(); ++i)
            piece[i] = expected(sent + i);
        stream.send(piece);
        sent += piece.size();
    }
    stream.flush();
}

/// What the receiver makes of a number that a sender wrote past the rules.
bool refused(std::uint32_t filled) {
    SharedStream stream;
    REQUIRE(::write(stream.sender(), &filled, sizeof(filled)) == sizeof(filled));
    std::array<std::byte, 8> out{};
    try {
        stream.receive(out, 0);
    } catch (const SharedStream::Closed&) {
        return true;
    }
    return false;
}

}  // namespace

TEST_SUITE("base/shared_stream") {
    TEST_CASE("what is sent in pieces of any size arrives whole and in order") {
        constexpr std::size_t kBytes = 40'000'000;
        SharedStream stream;
        const auto child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            stream.keep_sender();
            send_in_pieces(stream, kBytes);
            ::_exit(0);
        }
        stream.keep_receiver();
        std::vector<std::byte> out(300'007);
        std::size_t received = 0;
        std::size_t wrong = 0;
        while (received < kBytes) {
            const auto got = stream.receive(out, 1000);
            for (std::size_t i = 0; i < got; ++i)
                wrong += out[i] == expected(received + i) ? 0 : 1;
            received += got;
        }
        int status = -1;
        CHECK(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
        CHECK(received == kBytes);
        CHECK(wrong == 0);
    }

    TEST_CASE("nothing comes before the sender hands it on, and the end is seen") {
        SharedStream stream;
        const std::array<std::byte, 1> one{std::byte{1}};
        std::array<std::byte, 8> out{};
        stream.send(one);
        CHECK(stream.receive(out, 0) == 0);
        stream.flush();
        CHECK(stream.receive(out, 0) == 1);
        stream.keep_receiver();
        CHECK_THROWS_AS(stream.receive(out, 0), SharedStream::Closed);
    }

    TEST_CASE("a sender learns that the receiver is gone") {
        SharedStream stream;
        stream.keep_sender();
        const std::vector<std::byte> much(std::size_t{16} << 20U);
        // Writing to nobody is a signal by default, which a confined child does not survive.
        const auto before = ::signal(SIGPIPE, SIG_IGN);
        CHECK_THROWS_AS(stream.send(much), SharedStream::Closed);
        ::signal(SIGPIPE, before);
    }

    TEST_CASE("a slot cannot be fuller than full") {
        CHECK(refused(0));
        CHECK(refused((2U << 20U) + 1));
        CHECK(refused(0xFFFFFFFF));
        CHECK(!refused(2U << 20U));
    }
}
