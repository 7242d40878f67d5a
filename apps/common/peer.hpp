// apps/common/peer.hpp: what the peers in Halide share: the target they are compiled for, and their output.
//
//     peer_halide NAME          writes NAME.a and NAME.h
//     peer_halide NAME object   writes NAME.o only: what compiling takes, without Halide's runtime
#ifndef PEER_HPP
#define PEER_HPP

#include <Halide.h>

#include <cstdio>
#include <cstring>
#include <vector>

inline Halide::Target peer_target()
{
    Halide::Target target = Halide::get_host_target();
    if (!__builtin_cpu_supports("avx512fp16")) // which Halide 14 expects of every processor with AVX512-BF16
        target = target.without_feature(Halide::Target::AVX512_SapphireRapids);
    return target;
}

// The end of main().
inline int peer_write(int argc, char **argv, Halide::Func out, const std::vector<Halide::Argument> &args)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s NAME [object]\n", argv[0]);
        return 2;
    }
    if (argc > 2 && !strcmp(argv[2], "object"))
        out.compile_to_object(std::string(argv[1]) + ".o", args, argv[1], peer_target().with_feature(Halide::Target::NoRuntime));
    else
        out.compile_to_static_library(argv[1], args, argv[1], peer_target());
    return 0;
}

#endif
