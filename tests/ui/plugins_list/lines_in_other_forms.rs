plugin_core::plugins! {
    "one": plugin_one,
    "two" = plugin_two,
    "three" => "plugin_three",
    "four" => plugin_four; "five" => plugin_five
}

fn main() {}
