//! Packages: which files belong to one, which packages a program consists of, and in what order they are compiled.
