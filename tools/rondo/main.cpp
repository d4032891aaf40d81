// SPDX-License-Identifier: BSL-1.0
#include "arguments.hpp"
#include "command.hpp"
#include "output.hpp"

#include <exception>
#include <string>

int main(int argc, char** argv) {
    using namespace rondo::command;
    try {
        int code = parse(argc, argv)();
        return flush() ? code : exit_usage;
    } catch (const usage_error& e) {
        complain(e.what());
    } catch (const std::exception& e) {
        complain(e.what());
    }
    return exit_usage;
}
