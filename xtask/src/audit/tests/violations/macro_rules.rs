//! A macro of the crate's own: what it makes, and a path that it puts together.
macro_rules! slurp {
    ($path:expr) => {
        std::fs::read_to_string($path).map_err(|error| error.to_string()) //~ fs
    };
    (raw $path:expr) => { unsafe { $crate::raw($path) } }; //~ unsafe_code
}

macro_rules! assemble {
    ($module:ident, $function:ident) => { std::$module::$function() }; //~ unseen
}
