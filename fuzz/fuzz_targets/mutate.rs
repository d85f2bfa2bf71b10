//! Mutated programs of the suites: the compiler neither crashes nor hangs on them.

fn main() -> std::process::ExitCode {
    warren_fuzz::mutate()
}
