//! Choices of a test: enumerated, and replayable.
//!
//! A test asks [`Chooser::choose`] wherever the order of events is open. [`explore`] runs it again and again until every sequence of answers
//! was given; when a run fails, the answers that led there are printed, and [`Chooser::replay`] gives them again.

use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

/// Answers so far: each with the number of alternatives there were.
#[derive(Clone, Default)]
pub struct Chooser {
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    path: Vec<(u32, u32)>,
    position: usize,
}

impl Chooser {
    /// A chooser that begins with the given answers and goes on with the first alternative.
    pub fn replay(answers: &[u32]) -> Chooser {
        let chooser = Chooser::default();
        chooser.state.borrow_mut().path = answers.iter().map(|&answer| (answer, u32::MAX)).collect();
        chooser
    }

    /// One of `count` alternatives.
    pub fn choose(&self, count: u32) -> u32 {
        assert!(count > 0);
        let mut state = self.state.borrow_mut();
        let position = state.position;
        state.position += 1;
        if position == state.path.len() {
            state.path.push((0, count));
        }
        state.path[position].1 = count;
        state.path[position].0.min(count - 1)
    }

    /// The answers given.
    pub fn answers(&self) -> Vec<u32> {
        let state = self.state.borrow();
        state.path[..state.position].iter().map(|&(answer, _)| answer).collect()
    }

    /// Moves on to the next sequence; false if all were given.
    fn advance(&self) -> bool {
        let mut state = self.state.borrow_mut();
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

/// Runs `test` with every sequence of answers, at most `limit` of them: how many there were.
pub fn explore(limit: u32, test: impl Fn(&Chooser)) -> u32 {
    struct OnFailure<'a>(&'a Chooser);
    impl Drop for OnFailure<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                std::eprintln!("failed; replay with {:?}", self.0.answers());
            }
        }
    }
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
