//! What a program that this command runs may use.
//!
//! Without flags it is what `go run` gives: the streams, the environment, the whole file system at its own paths, and the working directory.
//! Sockets that listen at the addresses of `-listen` are its files behind the directories, for `net.FileListener`: WASI has no way to make one.
//! A program learns its working directory from `PWD`, as Go programs on WASI do. Directories named by `-dir` replace the file system.

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use warren_host::{Config, GivenDirectory, Input, Sink};

use crate::{Failure, files};

/// Settings for a run with the arguments `args` (the program's name first) in `working_directory`.
///
/// `directories` are the values of `-dir`, `HOST[::GUEST]` each; `env` those of `-env`, `NAME=VALUE` each, which go before what the process has.
pub fn config(args: Vec<OsString>, working_directory: &Path, directories: &[String], env: &[String]) -> Result<Config, Failure> {
    let directories = if directories.is_empty() {
        vec![GivenDirectory { host_path: PathBuf::from("/"), guest_path: "/".to_string() }]
    } else {
        directories.iter().map(|word| given_directory(word, working_directory)).collect::<Result<_, _>>()?
    };
    Ok(Config {
        args,
        env: environment(working_directory, &directories, env)?,
        directories,
        stdin: Input::Inherit,
        stdout: Sink::Stdout,
        stderr: Sink::Stderr,
        ..Config::default()
    })
}

/// Sockets that listen at the values of `-listen`.
pub fn listeners(addresses: &[String]) -> Result<Vec<Arc<TcpListener>>, Failure> {
    let listen = |address: &String| {
        let listener = TcpListener::bind(address.as_str()).map_err(|error| format!("-listen {address}: {error}"))?;
        Ok(Arc::new(listener))
    };
    addresses.iter().map(listen).collect()
}

/// A value of `-dir`. Without `::GUEST` the guest finds the directory where it is.
fn given_directory(word: &str, working_directory: &Path) -> Result<GivenDirectory, Failure> {
    let (host, guest) = match word.split_once("::") {
        Some((host, guest)) => (host, Path::new("/").join(guest)),
        None => (word, working_directory.join(word)),
    };
    if host.is_empty() {
        return Err(Failure::Usage(format!("-dir {word}: no directory named")));
    }
    let guest_path = files::clean(&guest).to_str().ok_or_else(|| format!("{word}: the path is not UTF-8"))?.to_string();
    Ok(GivenDirectory { host_path: working_directory.join(host), guest_path })
}

/// The process's environment with `changes` and the right `PWD`.
fn environment(working_directory: &Path, directories: &[GivenDirectory], changes: &[String]) -> Result<Vec<OsString>, Failure> {
    let is_inside = directories.iter().any(|given| working_directory.starts_with(&given.guest_path));
    let pwd = match directories.first() {
        Some(first) if !is_inside => OsStr::new(&first.guest_path),
        _ => working_directory.as_os_str(),
    };
    let mut variables: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let mut set = |name: &str, value: &OsStr| {
        variables.retain(|(present, _)| present != name);
        variables.push((name.into(), value.into()));
    };
    set("PWD", pwd);
    for change in changes {
        match change.split_once('=') {
            Some((name, value)) if !name.is_empty() => set(name, OsStr::new(value)),
            _ => return Err(Failure::Usage(format!("-env {change}: not NAME=VALUE"))),
        }
    }
    Ok(variables.into_iter().map(|(name, value)| [name, value].join(OsStr::new("="))).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::config;

    fn given(words: &[&str]) -> Vec<(String, String)> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
        let config = config(Vec::new(), Path::new("/home/me"), &words, &[]).ok().unwrap();
        config.directories.iter().map(|given| (given.host_path.display().to_string(), given.guest_path.clone())).collect()
    }

    fn pair(host: &str, guest: &str) -> (String, String) {
        (host.to_string(), guest.to_string())
    }

    #[test]
    fn directories() {
        assert_eq!(given(&[]), [pair("/", "/")]);
        assert_eq!(given(&["."]), [pair("/home/me/.", "/home/me")]);
        assert_eq!(given(&["../x::/data", "/tmp::tmp"]), [pair("/home/me/../x", "/data"), pair("/tmp", "/tmp")]);
        assert_eq!(given(&["/a/./b/../c"]), [pair("/a/./b/../c", "/a/c")]);
        assert!(config(Vec::new(), Path::new("/"), &["::/data".to_string()], &[]).is_err());
    }

    #[test]
    fn environment() {
        let env = |directories: &[&str], changes: &[&str]| {
            let owned = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect::<Vec<_>>();
            config(Vec::new(), Path::new("/home/me"), &owned(directories), &owned(changes)).map(|config| config.env).ok()
        };
        assert!(env(&[], &[]).unwrap().contains(&"PWD=/home/me".into()));
        assert!(env(&["/home"], &[]).unwrap().contains(&"PWD=/home/me".into()));
        assert!(env(&["x::/data"], &[]).unwrap().contains(&"PWD=/data".into()));
        let changed = env(&[], &["A=b=c", "PWD=/tmp", "A=d"]).unwrap();
        assert!(changed.contains(&"A=d".into()) && changed.contains(&"PWD=/tmp".into()));
        assert!(!changed.contains(&"A=b=c".into()) && !changed.contains(&"PWD=/home/me".into()));
        assert!(env(&[], &["A"]).is_none() && env(&[], &["=b"]).is_none());
    }
}
