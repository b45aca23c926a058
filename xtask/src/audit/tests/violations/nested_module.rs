//! Modules in modules that reach for each other's imports.
mod outer {
    use std::env;
    pub mod inner {
        pub fn read() {
            let _ = super::env::var("HOME"); //~ env
            let _ = self::deep::read();
        }
        mod deep {
            pub fn read() {
                let _ = super::super::env::var_os("PATH"); //~ env
                let _ = crate::outer::env::args(); //~ env
            }
        }
    }
}
