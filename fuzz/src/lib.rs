//! Generators of Go programs, and oracles that say what should hold of such a program.
//!
//! Each generator is a function of a seed, and for mutations of the programs that it starts from: a seed names a difference as long as neither
//! changes. A generator that learns another form gives each seed another program. So what is found is kept as a program, never as a seed.
//!
//! A target is a line in `fuzz_targets/` that calls a function here, which joins a generator ([`generate`]) to an oracle ([`oracle`]);
//! `cargo xtask fuzz TARGET` builds and runs it. A [`Session`] deals out cases, each with a seed of its own, so that `--seed N --count 1` replays a finding.
//! What is found is kept as a test under `tests/`: this crate remembers nothing.

pub mod corpus;
mod differential;
pub mod generate;
pub mod oracle;
pub mod random;
pub mod session;

use std::process::ExitCode;

use generate::mutation;
use oracle::compiles::Compiler;
use random::Random;
pub use session::Session;

/// Mutated programs of the suites: no crash, no hang, and a module that is valid.
pub fn mutate() -> ExitCode {
    session::main(|session| {
        session.takes_no_more_words()?;
        let corpus = corpus::Corpus::read(session)?;
        let compiler = Compiler::new(session)?;
        println!("{} programs to start from", corpus.programs.len());
        session.run(|seed| {
            let mut random = Random::new(seed);
            let program = mutation::mutate(&mut random, &corpus.programs);
            session.note(&program);
            compiler.try_program(&program)
        })
    })
}

/// Generated programs under native Go and under Warren: no difference. Words of its own: `--jobs N`, `--no-reduce`, `--print SEED`.
pub fn differential() -> ExitCode {
    session::main(differential::run)
}
