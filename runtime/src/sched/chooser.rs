//! Choices of a test: enumerated, and replayable.
//!
//! A test asks [`Chooser::choose`] wherever the order of events is open. [`explore`] runs it again and again until every sequence of answers
//! was given; [`sample`] gives answers at random where there are too many. When a run fails, the answers that led there are printed, and
//! [`Chooser::replay`] gives them again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Answers so far: each with the number of alternatives there were.
#[derive(Clone, Default)]
pub struct Chooser {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    path: Vec<(u32, u32)>,
    position: usize,
    /// Not 0: where new answers come from (xorshift).
    random: u64,
}

impl Chooser {
    /// A chooser that begins with the given answers and goes on with the first alternative.
    pub fn replay(answers: &[u32]) -> Chooser {
        let chooser = Chooser::default();
        chooser.state().path = answers.iter().map(|&answer| (answer, u32::MAX)).collect();
        chooser
    }

    /// A chooser that answers at random.
    pub fn seeded(seed: u64) -> Chooser {
        let chooser = Chooser::default();
        chooser.state().random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        chooser
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of `count` alternatives.
    pub fn choose(&self, count: u32) -> u32 {
        assert!(count > 0);
        let mut state = self.state();
        let position = state.position;
        state.position += 1;
        if position == state.path.len() {
            let answer = state.random_answer(count);
            state.path.push((answer, count));
        }
        state.path[position].1 = count;
        state.path[position].0.min(count - 1)
    }

    /// The answers given.
    pub fn answers(&self) -> Vec<u32> {
        let state = self.state();
        state.path[..state.position].iter().map(|&(answer, _)| answer).collect()
    }

    /// Moves on to the next sequence; false if all were given.
    fn advance(&self) -> bool {
        let mut state = self.state();
        let used = state.position;
        state.path.truncate(used);
        state.position = 0;
        while let Some((answer, count)) = state.path.pop() {
            if answer + 1 < count {
                state.path.push((answer + 1, count));
                return true;
            }
        }
        false
    }
}

impl State {
    fn random_answer(&mut self, count: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        ((self.random >> 32) % u64::from(count)) as u32
    }
}

/// Prints the answers of a run that fails.
struct OnFailure<'a>(&'a Chooser);

impl Drop for OnFailure<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::eprintln!("failed; replay with {:?}", self.0.answers());
        }
    }
}

/// Runs `test` with every sequence of answers, at most `limit` of them: how many there were.
pub fn explore(limit: u32, test: impl Fn(&Chooser)) -> u32 {
    let chooser = Chooser::default();
    let mut runs = 0;
    loop {
        let guard = OnFailure(&chooser);
        test(&chooser);
        core::mem::forget(guard);
        runs += 1;
        if runs == limit || !chooser.advance() {
            return runs;
        }
    }
}

/// Runs `test` with `runs` random sequences of answers.
pub fn sample(runs: u32, test: impl Fn(&Chooser)) {
    for seed in 0..runs {
        let chooser = Chooser::seeded(u64::from(seed));
        let guard = OnFailure(&chooser);
        test(&chooser);
        core::mem::forget(guard);
    }
}
