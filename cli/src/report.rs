//! Errors of the source, printed as `go build` prints them.

use std::path::Path;

use warren_compiler::diagnostic::{Problem, render};

/// The text for standard error.
pub fn text(problems: &[Problem], working_directory: &Path) -> String {
    render(problems, &working_directory.display().to_string())
}

/// Puts the name of its kind behind each error that has one, at the end of its first line.
pub fn name_codes(problems: &mut [Problem]) {
    for problem in problems {
        if let Some(code) = problem.code {
            let end = problem.message.find('\n').unwrap_or(problem.message.len());
            problem.message.insert_str(end, &format!(" ({code})"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{name_codes, text};
    use std::path::Path;
    use warren_compiler::diagnostic::{Code, Problem};

    fn problem(package: Option<&str>, path: &str, line: u32, message: &str) -> Problem {
        let package = package.map(str::to_string);
        Problem { package, path: path.to_string(), line, column: 2, message: message.to_string(), ..Problem::default() }
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
    fn codes_end_the_first_line() {
        let mut problems = [problem(Some("p"), "/w/x.go", 3, "x redeclared\n\t/w/x.go:2:1: other"), problem(Some("p"), "/w/x.go", 4, "syntax error")];
        problems[0].code = Some(Code::DuplicateDecl);
        name_codes(&mut problems);
        assert_eq!(
            text(&problems, Path::new("/w")),
            "# p\n./x.go:3:2: x redeclared (DuplicateDecl)\n\t./x.go:2:1: other\n./x.go:4:2: syntax error\n"
        );
    }
}
