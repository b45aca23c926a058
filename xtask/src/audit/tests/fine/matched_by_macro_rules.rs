//! What a macro matches is no code, and its variables are no paths.
macro_rules! kinds {
    (unsafe $name:ident, std::fs::$function:ident) => {
        pub struct $name;
    };
    (extern "C" { $($process:ident)* }) => {
        $( pub fn $process() {} )*
    };
}
