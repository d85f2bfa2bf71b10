//! Errors of the source, printed as `go build` prints them.

use std::fmt::Write;
use std::path::Path;

use warren_compiler::options::Problem;

/// Errors printed of a package before the compiler gives up, as Go's does.
const LIMIT: usize = 10;

/// The text for standard error.
pub fn text(problems: &[Problem], working_directory: &Path) -> String {
    let mut out = String::new();
    let mut printed_package = None;
    let mut count = 0;
    for problem in problems {
        if printed_package != Some(&problem.package) {
            printed_package = Some(&problem.package);
            count = 0;
            if let Some(package) = &problem.package {
                let _ = writeln!(out, "# {package}");
            }
        }
        count += 1;
        if problem.package.is_some() && count > LIMIT {
            if count == LIMIT + 1 {
                let _ = writeln!(out, "{}too many errors", position(problem, working_directory));
            }
            continue;
        }
        // Further lines may name other places.
        let message = problem.message.replace(&format!("\t{}/", working_directory.display()), "\t./");
        let _ = writeln!(out, "{}{message}", position(problem, working_directory));
    }
    out
}

/// `path:line:column: `, as far as they are known.
fn position(problem: &Problem, working_directory: &Path) -> String {
    if problem.path.is_empty() {
        return String::new();
    }
    let mut text = short(&problem.path, working_directory, problem.package.is_some());
    for number in [problem.line, problem.column] {
        if number > 0 {
            let _ = write!(text, ":{number}");
        }
    }
    text + ": "
}

/// The path relative to the working directory if it lies below. Under a heading, Go writes a file of the directory itself as `./x.go`.
fn short(path: &str, working_directory: &Path, under_heading: bool) -> String {
    match Path::new(path).strip_prefix(working_directory) {
        Ok(below) if under_heading && below.components().count() == 1 => format!("./{}", below.display()),
        Ok(below) => below.display().to_string(),
        Err(_) => path.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use std::path::Path;
    use warren_compiler::options::Problem;

    fn problem(package: Option<&str>, path: &str, line: u32, message: &str) -> Problem {
        Problem { package: package.map(str::to_string), path: path.to_string(), line, column: 2, message: message.to_string() }
    }

    #[test]
    fn heading_and_paths() {
        let problems = [
            problem(None, "/w/x.go", 3, "package nosuch is not in std"),
            problem(Some("command-line-arguments"), "/w/x.go", 4, "undefined: x"),
            problem(Some("command-line-arguments"), "/w/sub/y.go", 5, "undefined: y"),
        ];
        let expected = "x.go:3:2: package nosuch is not in std\n# command-line-arguments\n./x.go:4:2: undefined: x\nsub/y.go:5:2: undefined: y\n";
        assert_eq!(text(&problems, Path::new("/w")), expected);
    }

    #[test]
    fn gives_up_after_ten() {
        let problems: Vec<_> = (1..=12).map(|line| problem(Some("p"), "/w/x.go", line, "bad")).collect();
        let text = text(&problems, Path::new("/w"));
        assert_eq!(text.lines().count(), 12);
        assert!(text.ends_with("./x.go:10:2: bad\n./x.go:11:2: too many errors\n"));
    }
}
