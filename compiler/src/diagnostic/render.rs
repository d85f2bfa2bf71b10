//! Problems as the lines that `go build` prints.

use super::Problem;
use std::fmt::Write;

/// The text that the go command prints on standard error when it runs in `working_directory`, an absolute path.
///
/// Errors of a package stand under a `# path` line. The go command shortens paths: it writes them relative to the working directory
/// where that is shorter, and under a heading a file of the directory itself as `./x.go`. Messages mention positions too, so they
/// are treated the same.
pub fn render(problems: &[Problem], working_directory: &str) -> String {
    let mut out = String::new();
    let mut heading = None;
    for problem in problems {
        if heading != Some(&problem.package) {
            heading = Some(&problem.package);
            if let Some(package) = &problem.package {
                let _ = writeln!(out, "# {package}");
            }
        }
        let dotted = problem.package.is_some();
        let mut line = String::new();
        if !problem.path.is_empty() {
            line.push_str(&problem.path);
            for number in [problem.line, problem.column] {
                if number == 0 {
                    break;
                }
                let _ = write!(line, ":{number}");
            }
            line.push_str(": ");
        }
        line.push_str(&problem.message);
        if dotted {
            out.push_str(&shorten_all(&line, working_directory));
        } else {
            let line = match line.strip_prefix(problem.path.as_str()) {
                Some(rest) if !problem.path.is_empty() => shorten(&problem.path, working_directory) + rest,
                _ => line,
            };
            // In a chain of imports the position of the last one begins a line of its own.
            let mut parts = line.split("\n\t/");
            out.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let (path, rest) = part.split_at(part.find(':').unwrap_or(part.len()));
                let _ = write!(out, "\n\t{}{rest}", shorten(&format!("/{path}"), working_directory));
            }
        }
        out.push('\n');
    }
    out
}

/// A path relative to the working directory if that is shorter.
pub fn shorten(path: &str, working_directory: &str) -> String {
    match relative(path, working_directory) {
        Some(relative) if relative.len() < path.len() => relative,
        _ => path.to_string(),
    }
}

/// `path` seen from `from`, both absolute.
fn relative(path: &str, from: &str) -> Option<String> {
    let parts = |path: &str| path.split('/').filter(|part| !part.is_empty()).map(str::to_string).collect::<Vec<_>>();
    if !path.starts_with('/') || !from.starts_with('/') {
        return None;
    }
    let (path, from) = (parts(path), parts(from));
    let common = path.iter().zip(&from).take_while(|(one, two)| one == two).count();
    let mut relative = vec!["..".to_string(); from.len() - common];
    relative.extend_from_slice(&path[common..]);
    Some(if relative.is_empty() { ".".to_string() } else { relative.join("/") })
}

/// Shortens every path that begins a line or follows white space.
fn shorten_all(text: &str, working_directory: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut boundary = true;
    while let Some(ch) = rest.chars().next() {
        if boundary && ch == '/' {
            let end = rest.find([':', ' ', '\n', '\t']).unwrap_or(rest.len());
            out.push_str(&shorten_dotted(&rest[..end], working_directory));
            rest = &rest[end..];
            boundary = false;
            continue;
        }
        boundary = ch.is_whitespace();
        out.push(ch);
        rest = &rest[ch.len_utf8()..];
    }
    out
}

/// A file's path with its directory shortened; that of the working directory is `.`.
fn shorten_dotted(path: &str, working_directory: &str) -> String {
    let Some((directory, name)) = path.rsplit_once('/') else { return path.to_string() };
    if directory.is_empty() {
        return path.to_string();
    }
    format!("{}/{name}", shorten(directory, working_directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(package: Option<&str>, path: &str, column: u32, message: &str) -> Problem {
        Problem { package: package.map(Into::into), path: path.into(), line: 3, column, message: message.into(), ..Problem::default() }
    }

    #[test]
    fn lines_are_those_of_go_build() {
        let problems = [
            problem(None, "/home/p/x.go", 8, "package nosuch is not in std (/home/p/go/src/nosuch)"),
            problem(None, "", 0, "package p\n\timports q from x.go: import cycle not allowed"),
            problem(Some("p"), "/home/p/x.go", 5, "x redeclared in this block\n\t/home/p/y.go:2:5: other declaration of x"),
            problem(Some("p"), "/home/p/sub/x.go", 0, "a / b"),
            problem(Some("q"), "/home/q/x.go", 5, "bad"),
        ];
        let expected = "x.go:3:8: package nosuch is not in std (/home/p/go/src/nosuch)
package p
\timports q from x.go: import cycle not allowed
# p
./x.go:3:5: x redeclared in this block
\t./y.go:2:5: other declaration of x
sub/x.go:3: a / b
# q
../q/x.go:3:5: bad
";
        assert_eq!(render(&problems, "/home/p"), expected);
    }

    #[test]
    fn far_paths_stay_absolute() {
        assert_eq!(shorten("/a/x.go", "/b/c/d/e"), "/a/x.go");
        assert_eq!(shorten("/a/b", "/a/b"), ".");
    }
}
