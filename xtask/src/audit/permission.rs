//! A permission as a plugin declares it, and what of it a use needs.

use std::fmt;

/// What a permission is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    Fs,
    Net,
    Env,
    Process,
    UnsafeCode,
    Ffi,
    BuildScript,
    Unseen,
}

/// One permission. `value` is `None` for the kinds that have none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Permission {
    pub(super) kind: Kind,
    pub(super) value: Option<String>,
}

/// How much of a kind a use needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Wanted {
    /// Some permission of the kind: the value is known at run time only.
    Some,
    /// One that covers this value.
    Value(String),
    /// `"*"`.
    Any,
}

impl Kind {
    /// Every kind, in the order of the lock file.
    pub(super) const ALL: [Self; 8] = [
        Self::Fs,
        Self::Net,
        Self::Env,
        Self::Process,
        Self::UnsafeCode,
        Self::Ffi,
        Self::BuildScript,
        Self::Unseen,
    ];

    /// The word in the attribute and in the lock file.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fs => "fs",
            Self::Net => "net",
            Self::Env => "env",
            Self::Process => "process",
            Self::UnsafeCode => "unsafe_code",
            Self::Ffi => "ffi",
            Self::BuildScript => "build_script",
            Self::Unseen => "unseen",
        }
    }

    /// The kind of that word.
    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it names what it is for, or stands alone.
    pub(super) fn has_value(self) -> bool {
        matches!(self, Self::Fs | Self::Net | Self::Env | Self::Unseen)
    }

    /// What a plugin does that needs it.
    pub(super) fn deed(self) -> &'static str {
        match self {
            Self::Fs => "touches files",
            Self::Net => "uses the network",
            Self::Env => "reads the environment",
            Self::Process => "starts or ends processes",
            Self::UnsafeCode => "holds unsafe code",
            Self::Ffi => "calls or offers functions of another language",
            Self::BuildScript => "runs a program while it is built",
            Self::Unseen => "holds code that this audit cannot read",
        }
    }
}

impl Permission {
    /// Whether it allows what `wanted` of `kind` needs.
    pub(super) fn covers(&self, kind: Kind, wanted: &Wanted) -> bool {
        if self.kind != kind {
            return false;
        }
        let Some(granted) = self.value.as_deref() else { return true };
        match wanted {
            Wanted::Some => true,
            Wanted::Any => granted == "*",
            Wanted::Value(_) if granted == "*" => true,
            Wanted::Value(value) => match kind {
                Kind::Fs => within(granted, value),
                Kind::Net => address(granted, value),
                _ => granted == value,
            },
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(out, "{}({value:?})", self.kind.word()),
            None => out.write_str(self.kind.word()),
        }
    }
}

/// Whether the path `value` is `granted` or lies in it, judged by its text alone.
fn within(granted: &str, value: &str) -> bool {
    fn parts(path: &str) -> Vec<&str> {
        path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect()
    }
    let absolute = |path: &str| path.starts_with(['/', '\\']);
    let (granted_parts, parts) = (parts(granted), parts(value));
    absolute(granted) == absolute(value) && !parts.contains(&"..") && parts.starts_with(&granted_parts)
}

/// Whether the address or URL `value` is at the host and port of `granted`.
fn address(granted: &str, value: &str) -> bool {
    let (Some((host, port)), Some((asked_host, asked_port))) = (granted.rsplit_once(':'), split(value))
    else {
        return false;
    };
    (host == "*" || host.eq_ignore_ascii_case(asked_host)) && (port == "*" || port == asked_port)
}

/// Host and port of `host:port` or of a URL.
pub(super) fn split(value: &str) -> Option<(&str, &str)> {
    let Some((scheme, rest)) = value.split_once("://") else { return value.rsplit_once(':') };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
    let default = match scheme {
        "http" | "ws" => "80",
        "https" | "wss" => "443",
        _ => "",
    };
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => Some((host, port)),
        _ => Some((authority, default)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(word: &str, granted: &str, value: &str) -> bool {
        let kind = Kind::of(word).unwrap();
        Permission { kind, value: Some(granted.into()) }.covers(kind, &Wanted::Value(value.into()))
    }

    #[test]
    fn a_folder_covers_what_lies_in_it_and_nothing_beside_it() {
        for inside in ["./data", "data/a.txt", "./data/b/c"] {
            assert!(covers("fs", "./data", inside), "{inside}");
        }
        for outside in ["/data", "./database", "data/../secrets", "./", "other"] {
            assert!(!covers("fs", "./data", outside), "{outside}");
        }
        assert!(covers("fs", "*", "/etc/passwd"));
    }

    #[test]
    fn an_address_covers_its_host_and_port_in_a_url_too() {
        let granted = "api.openai.com:443";
        for good in ["api.openai.com:443", "https://api.openai.com/v1", "wss://me@API.openai.com:443?x"] {
            assert!(covers("net", granted, good), "{good}");
        }
        for bad in [
            "api.openai.com:80",
            "http://api.openai.com",
            "https://evil.com/api.openai.com:443",
            "https://api.openai.com@evil.com",
        ] {
            assert!(!covers("net", granted, bad), "{bad}");
        }
        assert!(covers("net", "*:443", "https://any.example") && covers("net", "[::1]:*", "[::1]:5"));
    }

    #[test]
    fn a_name_covers_itself_and_only_the_star_covers_all() {
        assert!(covers("env", "KEY", "KEY") && !covers("env", "KEY", "KEYS"));
        let one = Permission { kind: Kind::Env, value: Some("KEY".into()) };
        assert!(!one.covers(Kind::Env, &Wanted::Any) && one.covers(Kind::Env, &Wanted::Some));
        assert!(!one.covers(Kind::Fs, &Wanted::Some));
    }

    #[test]
    fn the_macro_knows_the_same_kinds() {
        let text = include_str!("../../../plugin-macros/src/plugin/permissions.rs");
        let words = text
            .lines()
            .filter_map(|line| line.trim().split_once("word: \""))
            .map(|(_, rest)| rest.split('"').next().unwrap().to_owned());
        assert_eq!(words.collect::<Vec<_>>(), Kind::ALL.map(Kind::word));
    }
}
