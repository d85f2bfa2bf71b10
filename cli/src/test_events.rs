//! The output of a test program as events, one JSON object a line: what `go test -json` prints (the command `test2json`).
//!
//! A program that runs with `-test.v=test2json` begins each line that tells of its progress with ^V, so that other output that looks alike is not
//! taken for it, puts ^O and ^N around error messages, and escapes these characters elsewhere with an escape character.

use std::fmt::Write;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const FRAMING: u8 = 0x16;
const ERROR_BEGIN: u8 = 0x0f;
const ERROR_END: u8 = 0x0e;
const ESCAPE: u8 = 0x1b;

/// Longer lines are passed on in parts.
const LINE_BYTES: usize = 4096;

const UPDATES: &[&str] = &["RUN   ", "PAUSE ", "CONT  ", "NAME  ", "PASS  ", "FAIL  ", "SKIP  ", "ATTR  ", "ARTIFACTS "];
const REPORTS: &[&str] = &["PASS: ", "FAIL: ", "SKIP: ", "BENCH: "];

/// One event.
#[derive(Clone, Debug, Default)]
struct Event {
    action: String,
    test: String,
    elapsed_s: Option<f64>,
    /// Key and value of an attribute, or the path of artifacts.
    fields: Vec<(&'static str, String)>,
    output: Option<Vec<u8>>,
    kind: &'static str,
}

/// Turns the output of one package's test program into events.
pub struct Converter {
    package: String,
    start: Instant,
    /// Events as lines of JSON, ready to be printed.
    pub out: String,
    line: Vec<u8>,
    /// In the middle of a line that is too long to be kept.
    in_long_line: bool,
    /// The test that output belongs to.
    test: String,
    /// Results that wait for output that still belongs to them, outermost first.
    reports: Vec<Event>,
    result: &'static str,
    /// The program marks its lines.
    marked: bool,
    in_error: bool,
    escaped: bool,
    failed_build: Option<String>,
}

impl Converter {
    pub fn new(package: &str) -> Converter {
        let mut converter = Converter {
            package: package.to_string(),
            start: Instant::now(),
            out: String::new(),
            line: Vec::new(),
            in_long_line: false,
            test: String::new(),
            reports: Vec::new(),
            result: "",
            marked: false,
            in_error: false,
            escaped: false,
            failed_build: None,
        };
        converter.event(Event { action: "start".to_string(), ..Event::default() });
        converter
    }

    /// Takes output of the program.
    pub fn write(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                match std::mem::take(&mut self.in_long_line) {
                    true => self.output(line, ""),
                    false => self.whole_line(&line),
                }
            } else if self.line.len() >= LINE_BYTES {
                self.in_long_line = true;
                let line = std::mem::take(&mut self.line);
                self.output(line, "");
            }
        }
    }

    /// The build failed that the package's tests needed.
    pub fn failed_build(&mut self, package: &str) {
        self.failed_build = Some(package.to_string());
    }

    /// The program ended; whether it succeeded.
    pub fn finish(&mut self, passed: bool) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            match self.in_long_line {
                true => self.output(line, ""),
                false => self.whole_line(&line),
            }
        }
        self.flush_reports(0);
        match passed {
            true if self.result != "skip" => self.result = "pass",
            true => {}
            false => self.result = "fail",
        }
        let elapsed = (self.start.elapsed().as_secs_f64() * 1e3).round() / 1e3;
        let mut fields = Vec::new();
        if let Some(build) = self.failed_build.take().filter(|_| !passed) {
            fields.push(("FailedBuild", build));
        }
        self.event(Event { action: self.result.to_string(), elapsed_s: Some(elapsed), fields, ..Event::default() });
    }

    fn whole_line(&mut self, line: &[u8]) {
        if self.marked && line.first() != Some(&FRAMING) {
            return self.output(line.to_vec(), "");
        }
        let (marked, line) = match line.split_first() {
            Some((&FRAMING, rest)) => (true, rest),
            _ => (false, line),
        };
        let text = String::from_utf8_lossy(line).into_owned();
        let trimmed = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if trimmed == "=== NAME" {
            self.marked = marked;
            return self.flush_reports(0);
        }
        if trimmed == "PASS" || trimmed == "FAIL" || trimmed.starts_with("FAIL\t") {
            self.flush_reports(0);
            self.marked = marked;
            self.output(line.to_vec(), "frame");
            self.result = if trimmed == "PASS" { "pass" } else { "fail" };
            return;
        }
        if trimmed.starts_with("?   \t") && trimmed.ends_with("\t[no test files]") && self.reports.is_empty() {
            self.result = "skip";
        }
        if let Some(rest) = trimmed.strip_prefix("=== ")
            && UPDATES.iter().any(|update| rest.starts_with(update))
        {
            return self.update(rest, line, marked);
        }
        let report = trimmed.trim_start_matches("    ");
        let depth = (trimmed.len() - report.len()) / 4;
        if let Some(rest) = report.strip_prefix("--- ")
            && REPORTS.iter().any(|report| rest.starts_with(report))
            && depth <= self.reports.len()
        {
            return self.report(rest, depth, line, marked);
        }
        // Indented output belongs to the test whose result stands above it.
        if depth > 0 && depth <= self.reports.len() && !report.starts_with("--- ") {
            self.test = self.reports[depth - 1].test.clone();
        }
        self.output(line.to_vec(), "");
    }

    /// `=== RUN   TestX` and the like.
    fn update(&mut self, text: &str, line: &[u8], marked: bool) {
        let (action, name) = text.split_once(' ').unwrap_or((text, ""));
        let mut name = name.trim().to_string();
        let action = action.to_lowercase();
        let mut fields = Vec::new();
        if action == "artifacts" || action == "attr" {
            let (test, rest) = name.split_once(' ').map_or((name.clone(), String::new()), |(test, rest)| (test.to_string(), rest.to_string()));
            if action == "artifacts" {
                fields.push(("Path", rest));
            } else {
                let (key, value) = rest.split_once(' ').unwrap_or((&rest, ""));
                fields.push(("Key", key.to_string()));
                fields.push(("Value", value.to_string()));
            }
            name = test;
        }
        self.marked = marked;
        self.flush_reports(0);
        self.test = name;
        if action == "name" {
            return;
        }
        let is_pause = action == "pause";
        if is_pause {
            self.output(line.to_vec(), "frame");
        }
        self.event(Event { action, fields, ..Event::default() });
        if !is_pause {
            self.output(line.to_vec(), "frame");
        }
    }

    /// `--- PASS: TestX (0.01s)` and the like.
    fn report(&mut self, text: &str, depth: usize, line: &[u8], marked: bool) {
        let (action, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (name, elapsed) = match rest.trim().split_once(" (") {
            Some((name, time)) => (name, time.strip_suffix("s)").and_then(|time| time.parse().ok())),
            None => (rest.trim(), None),
        };
        self.marked = marked;
        self.flush_reports(depth);
        self.test = name.to_string();
        let action = action.trim_end_matches(':').to_lowercase();
        self.reports.push(Event { action, test: name.to_string(), elapsed_s: elapsed, ..Event::default() });
        self.output(line.to_vec(), "frame");
    }

    fn flush_reports(&mut self, depth: usize) {
        self.test.clear();
        while self.reports.len() > depth {
            let Some(report) = self.reports.pop() else { return };
            self.event(report);
        }
    }

    /// Output, with marks of errors and escapes taken out.
    fn output(&mut self, bytes: Vec<u8>, kind: &'static str) {
        let mut kind = if kind.is_empty() && self.in_error { "error-continue" } else { kind };
        let mut text = Vec::with_capacity(bytes.len());
        let mut bytes = bytes.into_iter().peekable();
        while let Some(byte) = bytes.next() {
            if std::mem::take(&mut self.escaped) {
                text.push(byte);
                continue;
            }
            match byte {
                ESCAPE => self.escaped = true,
                ERROR_BEGIN => {
                    self.output_event(std::mem::take(&mut text), kind);
                    self.in_error = true;
                    kind = "error";
                }
                ERROR_END => {
                    text.extend(bytes.next_if_eq(&b'\n'));
                    self.output_event(std::mem::take(&mut text), kind);
                    self.in_error = false;
                    kind = "";
                }
                byte => text.push(byte),
            }
        }
        self.output_event(text, kind);
    }

    fn output_event(&mut self, text: Vec<u8>, kind: &'static str) {
        if !text.is_empty() {
            self.event(Event { action: "output".to_string(), output: Some(text), kind, ..Event::default() });
        }
    }

    fn event(&mut self, event: Event) {
        let mut line = format!("{{\"Time\":{},\"Action\":{},\"Package\":{}", string(&now()), string(&event.action), string(&self.package));
        let test = if event.test.is_empty() { &self.test } else { &event.test };
        if !test.is_empty() {
            let _ = write!(line, ",\"Test\":{}", string(test));
        }
        if let Some(elapsed) = event.elapsed_s {
            let _ = write!(line, ",\"Elapsed\":{elapsed}");
        }
        if let Some(output) = &event.output {
            let _ = write!(line, ",\"Output\":{}", string(&String::from_utf8_lossy(output)));
        }
        if !event.kind.is_empty() {
            let _ = write!(line, ",\"OutputType\":{}", string(event.kind));
        }
        for (name, value) in &event.fields {
            if !value.is_empty() {
                let _ = write!(line, ",\"{name}\":{}", string(value));
            }
        }
        self.out.push_str(&line);
        self.out.push_str("}\n");
    }
}

/// A JSON string, with the characters escaped that Go's encoder escapes.
pub fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for ch in text.chars() {
        match ch {
            '"' | '\\' => quoted.extend(['\\', ch]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            ch if ch < ' ' || matches!(ch, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                let _ = write!(quoted, "\\u{:04x}", ch as u32);
            }
            ch => quoted.push(ch),
        }
    }
    quoted.push('"');
    quoted
}

/// The time, as RFC 3339 has it, in UTC.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs(), since.subsec_nanos())
}

fn date(seconds: u64, nanos: u32) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years; years begin in March.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + u64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}Z")
}

#[cfg(test)]
mod tests {
    use super::{Converter, date, string};

    /// Events without times and elapsed times of the package.
    fn convert(output: &str) -> Vec<String> {
        let mut converter = Converter::new("p");
        converter.write(output.as_bytes());
        converter.finish(!output.contains("FAIL"));
        let line = |line: &str| {
            let rest = line.split_once("\"Action\":").map_or(line, |(_, rest)| rest);
            rest.replace("\"Package\":\"p\"", "").replace(",,", ",").trim_end_matches('}').to_string()
        };
        let mut lines: Vec<String> = converter.out.lines().map(line).collect();
        let last = lines.pop().unwrap();
        lines.push(last.split(',').next().unwrap().to_string());
        lines
    }

    #[test]
    fn results_wait_for_their_output() {
        let output = "\u{16}=== RUN   TestX\nhi\n\u{16}=== RUN   TestX/a\n\u{16}--- FAIL: TestX (0.01s)\n    \u{16}--- PASS: TestX/a (0.00s)\n=== RUN   fake\n\u{16}FAIL\n";
        let expected = [
            "\"start\",",
            "\"run\",\"Test\":\"TestX\"",
            "\"output\",\"Test\":\"TestX\",\"Output\":\"=== RUN   TestX\\n\",\"OutputType\":\"frame\"",
            "\"output\",\"Test\":\"TestX\",\"Output\":\"hi\\n\"",
            "\"run\",\"Test\":\"TestX/a\"",
            "\"output\",\"Test\":\"TestX/a\",\"Output\":\"=== RUN   TestX/a\\n\",\"OutputType\":\"frame\"",
        ];
        assert_eq!(convert(output)[..6], expected);
        assert_eq!(convert(output).last().unwrap(), "\"fail\"");
    }

    #[test]
    fn errors_are_marked() {
        let lines = convert("\u{16}=== RUN   TestX\n\u{f}    x_test.go:1: bad\u{1b}\u{f}\u{e}\nmore\n\u{16}--- FAIL: TestX (0.00s)\n\u{16}FAIL\n");
        assert_eq!(lines[3], "\"output\",\"Test\":\"TestX\",\"Output\":\"    x_test.go:1: bad\\u000f\\n\",\"OutputType\":\"error\"");
        assert_eq!(lines[4], "\"output\",\"Test\":\"TestX\",\"Output\":\"more\\n\"");
    }

    #[test]
    fn text() {
        assert_eq!(string("a\"<\n"), "\"a\\\"\\u003c\\n\"");
        assert_eq!(date(951_827_696, 5), "2000-02-29T12:34:56.000000005Z");
        assert_eq!(date(0, 0), "1970-01-01T00:00:00.000000000Z");
    }
}
