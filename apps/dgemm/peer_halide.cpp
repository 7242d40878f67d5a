// apps/dgemm/peer_halide.cpp: dgemm in Halide: sgemm with another type.
#define REAL double
#include "../sgemm/peer_halide.cpp"
