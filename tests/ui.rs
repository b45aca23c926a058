//! Messages of the macros, as rustc prints them.
