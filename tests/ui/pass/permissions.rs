//! What a plugin declares to touch is part of its descriptor.
use plugin_core::prelude::*;
use plugin_core::{Permission, Plugin};

#[plugin(permissions(
    fs("./data", "*"), net("api.openai.com:443"), env("KEY"), process, unsafe_code, ffi, build_script, unseen("paste")
))]
mod sample {
    #[derive(Default)]
    pub struct Sample;

    #[health]
    fn health(_: &Sample) -> super::Health {
        super::Health::Healthy
    }
}

#[plugin]
mod modest {
    #[derive(Default)]
    pub struct Modest;

    #[health]
    fn health(_: &Modest) -> super::Health {
        super::Health::Healthy
    }
}

fn main() {
    use Permission::{BuildScript, Env, Ffi, Fs, Net, Process, UnsafeCode, Unseen};
    let declared = sample::Sample::DESCRIPTOR.permissions;
    let expected = [
        Fs("./data"), Fs("*"), Net("api.openai.com:443"), Env("KEY"), Process, UnsafeCode, Ffi, BuildScript, Unseen("paste"),
    ];
    assert_eq!(declared, expected);
    let text = declared.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let written = r#"fs("./data"), fs("*"), net("api.openai.com:443"), env("KEY"), process, unsafe_code, ffi, build_script, unseen("paste")"#;
    assert_eq!(text, written);
    let json = serde_json::to_string(&declared[2..4]).unwrap();
    assert_eq!(json, r#"[{"net":"api.openai.com:443"},{"env":"KEY"}]"#);
    assert!(modest::Modest::DESCRIPTOR.permissions.is_empty());
}
