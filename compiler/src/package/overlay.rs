//! The Go packages that replace those of GOROOT.

/// Packages that consist of the overlay's files only. Under test GOROOT's test files join them, as far as the overlay does not leave them out.
const REPLACED: &[&str] = &["runtime"];

/// The overlay's list, in a package, of GOROOT's test files that cannot be built with the overlay's files.
const LEFT_OUT_TESTS: &str = "left_out_tests.txt";

/// Packages, file by file. A package listed as replaced has no other files; in any other a file takes the place of GOROOT's file
/// of that name, or is added.
#[derive(Clone, Copy, Debug)]
pub struct Overlay<'o> {
    /// Path (`import/path/file.go`) and text, sorted by path.
    pub files: &'o [(&'o str, &'o str)],
    /// Import paths of the packages that it replaces as a whole.
    pub replaced: &'o [&'o str],
}

impl Overlay<'static> {
    /// The compiler's own, the directory `overlay` of its source.
    pub fn embedded() -> Overlay<'static> {
        Overlay { files: include!(concat!(env!("OUT_DIR"), "/overlay.rs")), replaced: REPLACED }
    }
}

impl<'o> Overlay<'o> {
    /// An overlay that changes nothing.
    pub fn none() -> Overlay<'static> {
        Overlay { files: &[], replaced: &[] }
    }

    /// Its files of one package: names and texts.
    pub fn package(self, path: &str) -> impl Iterator<Item = (&'o str, &'o str)> {
        self.files.iter().filter_map(move |(file, text)| {
            let (directory, name) = file.rsplit_once('/')?;
            (directory == path).then_some((name, *text))
        })
    }

    /// Whether it has files of that package.
    pub fn has(self, path: &str) -> bool {
        self.package(path).next().is_some()
    }

    /// Whether GOROOT's file of that name is left out of a package: the overlay has one of that name, or lists it in
    /// `left_out_tests.txt`, a line each: name, tab, reason.
    pub fn leaves_out(self, path: &str, file: &str) -> bool {
        let listed = |text: &str| text.lines().any(|line| line.split('\t').next() == Some(file));
        self.package(path).any(|(name, text)| name == file || name == LEFT_OUT_TESTS && listed(text))
    }

    /// Whether GOROOT's files of that package are left out.
    pub fn replaces(self, path: &str) -> bool {
        self.replaced.contains(&path)
    }
}
