//! What the command line prints: results on standard output, everything else on standard error. Colours only where
//! a person reads, and not with `NO_COLOR`.

use std::io::{IsTerminal, Write};

/// A colour.
#[derive(Clone, Copy, Debug)]
pub enum Colour {
    Red,
    Green,
    Yellow,
    Bold,
}

/// Prints a line of the result. A reader that has gone away wants no more of it.
pub fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line about what is going on.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line about something that is slow.
pub fn progress(line: &str) {
    note(&format!("{} {line}", for_errors(Colour::Bold, "::")));
}

/// Prints a warning.
pub fn warning(message: &str) {
    note(&format!("{} {message}", for_errors(Colour::Yellow, "warning:")));
}

/// Prints an error.
pub fn error(message: &str) {
    note(&format!("{} {message}", for_errors(Colour::Red, "error:")));
}

/// Text in a colour, for standard output.
pub fn paint(colour: Colour, text: &str) -> String {
    painted(colour, text, std::io::stdout().is_terminal())
}

fn for_errors(colour: Colour, text: &str) -> String {
    painted(colour, text, std::io::stderr().is_terminal())
}

fn painted(colour: Colour, text: &str, is_terminal: bool) -> String {
    // https://no-color.org
    if !is_terminal || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Red => "31",
        Colour::Green => "32",
        Colour::Yellow => "33",
        Colour::Bold => "1",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
