//! The first numbers of a program's file table: standard streams, given directories, listeners.

use crate::Error;
use crate::config::{Config, Input, Sink};
use crate::descriptor::{Descriptor, Source};
use crate::filesystem;

/// Descriptors for 0, 1 and 2, then the directories, then the listeners.
pub fn descriptors(config: &Config) -> Result<Vec<Descriptor>, Error> {
    let input = match config.stdin {
        Input::Empty => Source::Empty,
        Input::Inherit => Source::Standard(rustix::stdio::stdin()),
    };
    let mut descriptors = vec![Descriptor::stream(input), output(&config.stdout), output(&config.stderr)];
    for given in &config.directories {
        let opened = filesystem::preopen(&given.host_path, &given.guest_path);
        descriptors.push(opened.map_err(|error| Error::Directory { path: given.host_path.clone(), reason: error.to_string() })?);
    }
    for listener in &config.listeners {
        let listener = listener.try_clone().and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
        let listener = listener.map_err(|error| Error::Resources(format!("listener: {error}")))?;
        descriptors.push(Descriptor::listener(listener));
    }
    Ok(descriptors)
}

fn output(sink: &Sink) -> Descriptor {
    Descriptor::stream(match sink {
        Sink::Discard => Source::Discard,
        Sink::Buffer(buffer) => Source::Buffer(buffer.clone()),
        Sink::Stdout => Source::Standard(rustix::stdio::stdout()),
        Sink::Stderr => Source::Standard(rustix::stdio::stderr()),
    })
}
