//! Text of others, made fit to be shown: nothing in it moves a cursor, breaks a line or hides.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Is this a character that acts instead of being seen?
fn acts(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    );
    c.is_control() || invisible
}

/// The same text on one line, with characters that act written out: `\n`, `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, acts)
}

fn escaped(text: &str, acts: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&acts) {
        return text.into();
    }
    let mut out = String::new();
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// [`visible`] text of at most so many characters, cut in the middle: how it begins and how it ends
/// tells most.
pub fn short(text: &str, most: usize) -> String {
    let text = visible(text);
    let count = text.chars().count();
    if count <= most {
        return text.into_owned();
    }
    let tail = most / 3;
    let head = most - tail - 1;
    let start = text.chars().take(head);
    let end = text.chars().skip(count - tail);
    start.chain(['…']).chain(end).collect()
}

/// Without white space, such as in `1 / 20`.
pub fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// The same with every text in it [`visible`]: for what was read from a file that anyone may have
/// written.
pub fn texts<T: Serialize + DeserializeOwned + Clone>(of: &T) -> T {
    let Ok(mut json) = serde_json::to_value(of) else { return of.clone() };
    clean(&mut json);
    serde_json::from_value(json).unwrap_or_else(|_| of.clone())
}

fn clean(json: &mut Value) {
    match json {
        Value::String(text) => {
            if let Cow::Owned(clean) = visible(text) {
                *text = clean;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(entries) => {
            let list = std::mem::take(entries);
            *entries = list
                .into_iter()
                .map(|(name, mut value)| {
                    clean(&mut value);
                    (visible(&name).into_owned(), value)
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What goes to a terminal: lines may break, and the styles that this program uses are kept; all
/// else is written out.
pub fn printed(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c != '\n' && acts(c)) {
        return text.into();
    }
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        out += &escaped(before, |c| c != '\n' && acts(c));
        let length = style(from).unwrap_or(0);
        out += &from[..length];
        rest = &from[length..];
        if length == 0 {
            out += &visible(&from[..1]);
            rest = &from[1..];
        }
    }
    out += &escaped(rest, |c| c != '\n' && acts(c));
    out.into()
}

/// The length of the style that a text begins with, such as `ESC [ 1 m`: colours and weights, which
/// move nothing.
fn style(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    codes[end..].starts_with('m').then_some(2 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(visible("a\u{1b}[2Jb\nc\td"), "a\\u{1b}[2Jb\\nc\\td");
        assert_eq!(visible("\u{9b}1m \u{202e}x\u{200b}"), "\\u{9b}1m \\u{202e}x\\u{200b}");
        assert_eq!(visible("‖x‖ ≤ √d · θ₀"), "‖x‖ ≤ √d · θ₀");
    }

    #[test]
    fn long_text_is_cut_in_the_middle() {
        assert_eq!(short("0123456789", 10), "0123456789");
        assert_eq!(short("0123456789x", 10), "012345…89x");
        assert_eq!(short(&"ü".repeat(10_000), 80).chars().count(), 80);
        // What is written out counts as it is shown.
        assert_eq!(short(&"\n".repeat(100), 9), "\\n\\n\\…n\\n");
    }

    #[test]
    fn every_text_of_a_value_is_cleaned() {
        type Nested = std::collections::BTreeMap<String, (Option<String>, Vec<String>, f64)>;
        let bad = "\u{1b}]0;x\u{7}\n".to_owned();
        let value = Nested::from([(bad.clone(), (Some(bad.clone()), vec![bad], 0.1))]);
        let clean = texts(&value);
        let good = "\\u{1b}]0;x\\u{7}\\n".to_owned();
        assert_eq!(clean, Nested::from([(good.clone(), (Some(good.clone()), vec![good], 0.1))]));
        assert_ne!(clean, value);
    }

    #[test]
    fn only_styles_and_line_breaks_reach_a_terminal() {
        let ours = "\u{1b}[1mbold\u{1b}[0m\n\u{1b}[1;31mred\u{1b}[0m\n";
        assert_eq!(printed(ours), ours);
        assert_eq!(printed("\u{1b}[2J\u{1b}[31mx\r\u{1b}"), "\\u{1b}[2J\u{1b}[31mx\\r\\u{1b}");
        assert_eq!(printed("\u{1b}]0;t\u{7}"), "\\u{1b}]0;t\\u{7}");
    }
}
