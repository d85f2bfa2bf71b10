//! Generated programs under native Go and under Warren: they print and end the same.

fn main() -> std::process::ExitCode {
    warren_fuzz::differential()
}
