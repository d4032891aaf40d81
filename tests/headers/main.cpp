// SPDX-License-Identifier: BSL-1.0

// The test is that the headers beside it compile and link.
int main() {}
