#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Builds and runs the program in outside/ as a user of rondo would.

usage: check.py --source ROOT --build ROOT --prefix PREFIX --libdir LIBDIR installed|subproject

installed: installs the build into a folder of its own, and compiles with what pkg-config says.
subproject: a Meson project with the sources in subprojects/rondo.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

CXX = shlex.split(os.environ.get("CXX", "c++"))


def run(*command, **options):
    print("+", shlex.join(map(str, command)), flush=True)
    return subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL, **options)


def read(*command, **options):
    return run(*command, stdout=subprocess.PIPE, text=True, **options).stdout


def expect(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def needed(library):
    """The libraries that the dynamic linker loads along with this one."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", read("readelf", "-d", library))


def move(folder, old, new):
    """The .pc files are written for the prefix, and this copy lies elsewhere."""
    for path in folder.glob("rondo*.pc"):
        text = path.read_text()
        expect("-isystem" not in text, f"{path.name} has -isystem, which hides stdlib.h from g++")
        expect(f"prefix={old}\n" in text, f"{path.name} does not begin at its prefix")
        path.write_text(text.replace(f"prefix={old}\n", f"prefix={new}\n"))


def installed(args, folder):
    run("meson", "install", "-C", args.build, "--no-rebuild", "--quiet", "--destdir", folder)
    prefix = folder / args.prefix.lstrip("/")
    libraries = prefix / args.libdir
    move(libraries / "pkgconfig", args.prefix, prefix)

    headers = {p.relative_to(prefix).as_posix() for p in (prefix / "include").rglob("*.hpp")}
    source = Path(args.source)
    expect(headers == {p.relative_to(source).as_posix() for p in (source / "include").rglob("*.hpp")},
           "the headers installed are not those in include/")
    for library in libraries.glob("librondo.so"):
        expect(not any("sqlite" in name for name in needed(library)), "librondo needs SQLite")
        expect(not any("libpq" in name for name in needed(library)), "librondo needs libpq")

    paths = dict(os.environ)
    paths["PKG_CONFIG_PATH"] = str(libraries / "pkgconfig")
    paths["LD_LIBRARY_PATH"] = str(libraries)
    static = [] if list(libraries.glob("librondo.so")) else ["--static"]
    flags = read("pkg-config", *static, "--cflags", "--libs", "rondo", "rondo-sqlite",
                 "rondo-postgres", env=paths)
    program = folder / "outside"
    run(*CXX, "-std=c++20", "-Wall", "-Wextra", Path(__file__).parent / "outside/main.cpp",
        "-o", program, *shlex.split(flags))
    run(program, cwd=folder, env=paths, timeout=60)


def subproject(args, folder):
    shutil.copytree(Path(__file__).parent / "outside", folder, dirs_exist_ok=True)
    (folder / "subprojects").mkdir()
    (folder / "subprojects/rondo").symlink_to(args.source)
    build = folder / "build"
    run("meson", "setup", build, folder, "--force-fallback-for=rondo,rondo-sqlite,rondo-postgres",
        "-Doptimization=0", "-Ddebug=false")
    targets = json.loads(read("meson", "introspect", "--targets", build))
    programs = [target["name"] for target in targets if target["type"] == "executable"]
    expect(programs == ["outside"], f"a subproject builds programs of its own: {programs}")
    expect(json.loads(read("meson", "introspect", "--installed", build)) == {},
           "a subproject installs files of its own")
    run("ninja", "-C", build, "--quiet", "-j", os.environ.get("MESON_TESTTHREADS") or "2")
    run(build / "outside", cwd=folder, timeout=60)


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "prefix", "libdir"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("way", choices=("installed", "subproject"))
    args = parser.parse_args()
    # Always the same place: a compiler cache knows its objects again.
    folder = Path(args.build, "consumer", args.way)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    {"installed": installed, "subproject": subproject}[args.way](args, folder)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
