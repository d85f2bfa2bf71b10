//! A run of a target: how long, from which seed, and what came of it.
//!
//! Every target takes `--minutes N` or `--seconds N`, `--seed N`, `--count N`, `--limit SECONDS` and `--findings DIR`; the fields of [`Session`] say
//! what they mean. Words of its own are said at its function in `lib.rs`.
//!
//! Case `i` of a session has the seed `seed + i`. Before a case runs its seed is written to `current` in the findings folder: should the process
//! die, the seed is there, and the program in `current.go`. A case that takes too long ends the process, since a thread cannot be stopped: the seed is printed first.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How a case may end.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The compiler refused the program, with good reason as far as the oracle can tell.
    Refused,
    /// All is well.
    Passed,
    /// Something is wrong. The key groups findings that have one cause: where it crashed, or what differs.
    Finding { key: String, details: String, program: String },
}

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct Session {
    /// Seed of the first case.
    pub seed: u64,
    /// No new case is begun after this time: a minute, unless the cases are counted.
    pub time: Duration,
    /// So many cases at most.
    pub count: u64,
    /// A case may take so much processor time, or a program that an oracle runs so much time.
    pub limit: Duration,
    /// Findings are written here, `SEED.go` and `SEED.txt`.
    pub findings: PathBuf,
    pub goroot: PathBuf,
    /// Go's test folder.
    pub go_tests: PathBuf,
    /// The `warren` command, for oracles that run programs.
    pub warren: PathBuf,
    /// Folder of the runtime builds.
    pub runtime: PathBuf,
    /// Other words of the command line: the target's own.
    pub rest: Vec<String>,
}

impl Session {
    /// What the command line and the environment (which `xtask` sets) say.
    fn parse() -> Result<Session, String> {
        let place = |name: &str| std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("{name} is not set: use cargo xtask fuzz"));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |since| since.as_secs());
        let mut session = Session {
            seed: now * 1_000_000,
            time: Duration::ZERO,
            count: u64::MAX,
            limit: Duration::from_secs(20),
            findings: std::env::temp_dir().join("warren-findings"),
            goroot: place("GOROOT")?,
            go_tests: place("WARREN_GO_TESTS")?,
            warren: place("WARREN")?,
            runtime: place("WARREN_RUNTIME_DIR")?,
            rest: Vec::new(),
        };
        let mut time = None;
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut number = || -> Result<u64, String> {
                let value = words.next().ok_or_else(|| format!("{word} needs a value"))?;
                value.parse().map_err(|error| format!("{word} {value}: {error}"))
            };
            match word.as_str() {
                "--minutes" => time = Some(Duration::from_secs(60 * number()?)),
                "--seconds" => time = Some(Duration::from_secs(number()?)),
                "--seed" => session.seed = number()?,
                "--count" => session.count = number()?,
                "--limit" => session.limit = Duration::from_secs(number()?),
                "--findings" => session.findings = words.next().ok_or("--findings needs a folder")?.into(),
                _ => session.rest.push(word),
            }
        }
        session.time = time.unwrap_or(if session.count == u64::MAX { Duration::from_secs(60) } else { Duration::MAX });
        std::fs::create_dir_all(&session.findings).map_err(|error| format!("{}: {error}", session.findings.display()))?;
        Ok(session)
    }

    /// For targets without words of their own.
    ///
    /// # Errors
    /// There are other words.
    pub fn takes_no_more_words(&self) -> Result<(), String> {
        self.rest.first().map_or(Ok(()), |word| Err(format!("unknown word {word}")))
    }

    /// Runs cases until time or count is used up; whether nothing was found.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn run(&self, case: impl Fn(u64) -> Verdict) -> Result<bool, String> {
        println!("seed {}, findings in {}", self.seed, self.findings.display());
        let start = Instant::now();
        let watch = Watch::start(self.limit);
        let (mut done, mut passed, mut refused) = (0u64, 0u64, 0u64);
        let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        while done < self.count && start.elapsed() < self.time {
            let seed = self.seed.wrapping_add(done);
            self.write("current", &seed.to_string())?;
            watch.begin(seed);
            let verdict = case(seed);
            watch.end();
            done += 1;
            match verdict {
                Verdict::Refused => refused += 1,
                Verdict::Passed => passed += 1,
                Verdict::Finding { key, details, program } => {
                    let seeds = found.entry(key.clone()).or_default();
                    seeds.push(seed);
                    // A few of a kind are enough to look at.
                    if seeds.len() <= 3 {
                        println!("FOUND seed {seed}: {key}");
                        self.write(&format!("{seed}.go"), &program)?;
                        self.write(&format!("{seed}.txt"), &format!("{key}\n{details}\n"))?;
                    }
                }
            }
        }
        for (key, seeds) in &found {
            println!("{:>6} x {key}: seed {}", seeds.len(), seeds[0]);
        }
        let findings: usize = found.values().map(Vec::len).sum();
        let took = start.elapsed().as_secs_f64();
        println!("{done} cases in {took:.0} s: {passed} pass, {refused} are refused, {findings} findings of {} kinds", found.len());
        Ok(found.is_empty())
    }

    /// Notes the program at hand, in case it is the last one.
    pub fn note(&self, program: &str) {
        // Without the note a hang is harder to look into, no more.
        let _ = self.write("current.go", program);
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.findings.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// Processor time that this process used. Where the system does not tell, time passes for all alike.
fn processor_time(start: Instant) -> Duration {
    // Of the fields behind the name, which ends with the last parenthesis, the twelfth and thirteenth are ticks of 10 ms.
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = fields.skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    if ticks.len() == 2 { Duration::from_millis((ticks[0] + ticks[1]) * 10) } else { start.elapsed() }
}

/// A thread that ends the process when a case takes too much processor time: on a busy machine it may wait for long.
struct Watch {
    start: Instant,
    /// Milliseconds of processor time at which the case at hand began, plus 1; 0 between cases.
    began: &'static AtomicU64,
    seed: &'static AtomicU64,
}

impl Watch {
    fn start(limit: Duration) -> Watch {
        // They live as long as the process, which has one session.
        let began: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
        let seed: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
        let start = Instant::now();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(200));
                let since = began.load(Ordering::SeqCst);
                if since != 0 && processor_time(start).as_millis() as u64 > since + limit.as_millis() as u64 {
                    println!("FOUND seed {}: takes more than {} s", seed.load(Ordering::SeqCst), limit.as_secs());
                    std::process::exit(3);
                }
            }
        });
        Watch { start, began, seed }
    }

    fn begin(&self, seed: u64) {
        self.seed.store(seed, Ordering::SeqCst);
        self.began.store(processor_time(self.start).as_millis() as u64 + 1, Ordering::SeqCst);
    }

    fn end(&self) {
        self.began.store(0, Ordering::SeqCst);
    }
}

/// Native stack of a target: syntax and types may be nested deeply.
const STACK_BYTES: usize = 256 << 20;

/// The main function of a target.
pub fn main(body: impl FnOnce(&Session) -> Result<bool, String> + Send) -> ExitCode {
    let result = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || body(&Session::parse()?));
        let thread = thread.map_err(|error| error.to_string())?;
        thread.join().map_err(|_| "the target itself panicked".to_string())?
    });
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("fuzz: {message}");
            ExitCode::from(2)
        }
    }
}
