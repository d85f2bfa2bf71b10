//! Runs the test programs below `tests/`, each a test of its own. The words on the command line select by name.

use std::process::ExitCode;

fn main() -> ExitCode {
    warren_tests::harness::main()
}
