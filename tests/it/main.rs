//! Behaviour of the framework, one file per subject.
