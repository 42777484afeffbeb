#include "moru/cli/options.h"

int main(int argc, char** argv) { return moru::run_program(argc, argv); }
