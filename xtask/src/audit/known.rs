//! Which paths of the standard library and of known crates need a permission, and whose macros are known to need none.

use super::permission::Kind;

/// A path and what it needs. The longest one that a use begins with counts; one that needs nothing excepts what lies below.
type Entry = (&'static [&'static str], &'static [Kind]);

const FS: &[Kind] = &[Kind::Fs];
const NET: &[Kind] = &[Kind::Net];
const ENV: &[Kind] = &[Kind::Env];
const PROCESS: &[Kind] = &[Kind::Process];
const NOTHING: &[Kind] = &[];

const PATHS: &[Entry] = &[
    (&["std", "fs"], FS),
    (&["std", "net"], NET),
    (&["std", "env"], ENV),
    (&["std", "process"], PROCESS),
    // Values that touch nothing.
    (&["std", "net", "AddrParseError"], NOTHING),
    (&["std", "net", "IpAddr"], NOTHING),
    (&["std", "net", "Ipv4Addr"], NOTHING),
    (&["std", "net", "Ipv6Addr"], NOTHING),
    (&["std", "net", "SocketAddr"], NOTHING),
    (&["std", "net", "SocketAddrV4"], NOTHING),
    (&["std", "net", "SocketAddrV6"], NOTHING),
    (&["std", "env", "VarError"], NOTHING),
    (&["std", "env", "consts"], NOTHING),
    (&["std", "process", "ExitCode"], NOTHING),
    (&["std", "process", "ExitStatus"], NOTHING),
    (&["std", "process", "Termination"], NOTHING),
    (&["std", "process", "id"], NOTHING),
    (&["std", "path", "Path", "canonicalize"], FS),
    (&["std", "path", "Path", "exists"], FS),
    (&["std", "path", "Path", "is_dir"], FS),
    (&["std", "path", "Path", "is_file"], FS),
    (&["std", "path", "Path", "is_symlink"], FS),
    (&["std", "path", "Path", "metadata"], FS),
    (&["std", "path", "Path", "read_dir"], FS),
    (&["std", "path", "Path", "read_link"], FS),
    (&["std", "path", "Path", "symlink_metadata"], FS),
    (&["std", "path", "Path", "try_exists"], FS),
    (&["std", "os", "unix", "fs"], FS),
    (&["std", "os", "unix", "net"], NET),
    (&["std", "os", "unix", "process"], PROCESS),
    (&["std", "os", "linux", "fs"], FS),
    (&["std", "os", "linux", "net"], NET),
    (&["std", "os", "linux", "process"], PROCESS),
    (&["std", "os", "windows", "fs"], FS),
    (&["std", "os", "windows", "net"], NET),
    (&["std", "os", "windows", "process"], PROCESS),
    (&["tokio", "fs"], FS),
    (&["tokio", "net"], NET),
    (&["tokio", "process"], PROCESS),
    (&["tokio", "signal"], PROCESS),
    (&["async-std", "fs"], FS),
    (&["async-std", "net"], NET),
    (&["async-std", "os"], &[Kind::Fs, Kind::Net]),
    (&["async-std", "process"], PROCESS),
    (&["smol", "fs"], FS),
    (&["smol", "net"], NET),
    (&["smol", "process"], PROCESS),
    (&["axum", "serve"], NET),
    (&["tower-http", "services", "ServeDir"], FS),
    (&["tower-http", "services", "ServeFile"], FS),
    (&["tower-http", "services", "fs"], FS),
    (&["figment", "providers", "Env"], ENV),
    (&["metrics-exporter-prometheus", "PrometheusBuilder", "install"], NET),
];

/// Crates that are there for one thing: to name one is to use it.
const CRATES: &[(&[&str], &[Kind])] = &[
    (
        &[
            "async-nats",
            "async-net",
            "async-tungstenite",
            "attohttpc",
            "awc",
            "axum-server",
            "curl",
            "dns-lookup",
            "h2",
            "h3",
            "hickory-client",
            "hickory-resolver",
            "hyper",
            "hyper-tls",
            "hyper-rustls",
            "hyper-util",
            "isahc",
            "lapin",
            "ldap3",
            "lettre",
            "minreq",
            "mio",
            "mongodb",
            "mysql",
            "mysql_async",
            "nats",
            "opentelemetry-otlp",
            "postgres",
            "quinn",
            "rdkafka",
            "redis",
            "reqwest",
            "reqwest-middleware",
            "rumqttc",
            "russh",
            "s2n-quic",
            "socket2",
            "ssh2",
            "suppaftp",
            "surf",
            "tiberius",
            "tokio-postgres",
            "tokio-tungstenite",
            "tonic",
            "trust-dns-resolver",
            "tungstenite",
            "ureq",
            "warp",
            "zmq",
        ],
        NET,
    ),
    (
        &[
            "async-fs",
            "cap-std",
            "fjall",
            "fs-err",
            "fs2",
            "fs4",
            "fs_extra",
            "glob",
            "heed",
            "ignore",
            "memmap2",
            "notify",
            "redb",
            "remove_dir_all",
            "rocksdb",
            "rusqlite",
            "sled",
            "tar",
            "tempfile",
            "walkdir",
        ],
        FS,
    ),
    (&["dirs", "directories", "dotenv", "dotenvy", "envy", "etcetera", "home", "hostname", "whoami"], ENV),
    (
        &[
            "async-process",
            "command-group",
            "ctrlc",
            "duct",
            "portable-pty",
            "process-wrap",
            "shared_child",
            "signal-hook",
            "subprocess",
            "xshell",
        ],
        PROCESS,
    ),
    (&["object_store", "sqlx"], &[Kind::Fs, Kind::Net]),
    (&["nix", "rustix"], &[Kind::Fs, Kind::Net, Kind::Process]),
    (&["libc", "libloading", "winapi", "windows", "windows-sys"], &[Kind::Ffi]),
];

/// Crates whose macros are known to expand to code that touches nothing by itself.
const QUIET_MACROS: &[&str] = &[
    "alloc",
    "anyhow",
    "arrayvec",
    "async-stream",
    "async-trait",
    "axum",
    "bitflags",
    "bon",
    "bytes",
    "cfg-if",
    "clap",
    "core",
    "darling",
    "derive_builder",
    "derive_more",
    "displaydoc",
    "enum-map",
    "futures",
    "futures-core",
    "futures-util",
    "gateway-api",
    "indexmap",
    "indoc",
    "jiff",
    "lazy_static",
    "log",
    "maplit",
    "metrics",
    "phf",
    "pin-project",
    "pin-project-lite",
    "plugin-core",
    "plugin-macros",
    "proptest",
    "ref-cast",
    "rusqlite",
    "rustversion",
    "schemars",
    "semver",
    "serde",
    "serde_derive",
    "serde_json",
    "serde_with",
    "smallvec",
    "static_assertions",
    "std",
    "strum",
    "strum_macros",
    "thiserror",
    "time",
    "tokio",
    "tokio-stream",
    "tracing",
    "uuid",
    "zeroize",
];

/// Macros and derives that need no import.
const MACROS_OF_STD: &[&str] = &[
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Methods without arguments that only paths and directories have, as far as plugins go.
pub(super) const PATH_METHODS: &[&str] = &[
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

/// What a use of this path needs.
pub(super) fn needs(path: &[String]) -> &'static [Kind] {
    let path = normal(path);
    let entry = PATHS.iter().filter(|(entry, _)| begins(&path, entry)).max_by_key(|(entry, _)| entry.len());
    match (entry, path.first()) {
        (Some((_, kinds)), _) => kinds,
        (None, Some(krate)) => {
            CRATES.iter().find(|(names, _)| names.contains(krate)).map_or(NOTHING, |(_, kinds)| *kinds)
        }
        (None, None) => NOTHING,
    }
}

/// Whether the path is a module of the table, and so no value.
pub(super) fn is_module(path: &[String]) -> bool {
    let path = normal(path);
    path.len() == 1
        || (path.last().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_lowercase()))
            && !path.contains(&"Path")
            && PATHS.iter().any(|(entry, kinds)| !kinds.is_empty() && *entry == path))
}

/// Whether something below this path needs a permission that the path itself does not.
pub(super) fn leads_to(path: &[String]) -> bool {
    let path = normal(path);
    PATHS.iter().any(|(entry, kinds)| !kinds.is_empty() && entry.len() > path.len() && begins(entry, &path))
}

/// Whether the first argument of a function there is the path of a file.
pub(super) fn takes_path(path: &[String]) -> bool {
    const CRATES: &[&str] = &["async-fs", "async-std", "core", "fs-err", "smol", "std", "tokio"];
    path.first().is_some_and(|krate| CRATES.contains(&krate.as_str()))
        || path.last().is_some_and(|last| last == "open")
}

/// Whether the language has a macro or a derive of that name.
pub(super) fn is_macro_of_std(name: &str) -> bool {
    MACROS_OF_STD.contains(&name)
}

/// Whether the crate's macros are known to expand to nothing that needs a permission.
pub(super) fn is_quiet(krate: &str) -> bool {
    QUIET_MACROS.contains(&krate)
}

fn begins(path: &[&str], with: &[&str]) -> bool {
    path.starts_with(with)
}

/// `PathBuf` has the methods of `Path`, and `core` the addresses of `std`.
fn normal(path: &[String]) -> Vec<&str> {
    let mut path: Vec<&str> = path.iter().map(String::as_str).collect();
    if path.first() == Some(&"core") {
        path[0] = "std";
    }
    if path.starts_with(&["std", "path", "PathBuf"]) {
        path[2] = "Path";
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs_of(path: &str) -> &'static [Kind] {
        needs(&path.split("::").map(ToOwned::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_longest_entry_counts() {
        assert_eq!(needs_of("std::net::TcpStream::connect"), NET);
        assert_eq!(needs_of("std::net::Ipv4Addr::LOCALHOST"), NOTHING);
        assert_eq!(needs_of("core::net::IpAddr"), NOTHING);
        assert_eq!(needs_of("std::path::PathBuf::is_file"), FS);
        assert_eq!(needs_of("std::collections::HashMap"), NOTHING);
    }

    #[test]
    fn a_crate_that_is_there_for_one_thing_counts_whole() {
        assert_eq!(needs_of("reqwest::Client::new"), NET);
        assert_eq!(needs_of("reqwesty::Client"), NOTHING);
        assert_eq!(needs_of("tokio::sync::mpsc"), NOTHING);
    }

    #[test]
    fn no_crate_stands_twice_and_the_lists_are_sorted() {
        assert!(QUIET_MACROS.is_sorted() && PATH_METHODS.is_sorted() && MACROS_OF_STD.is_sorted());
        let mut names: Vec<_> = CRATES.iter().flat_map(|(names, _)| names.iter()).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
