//! Proof texts as HTML, formulas as MathML, so that a page needs no script and no network.

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::stage::proof;

/// The fragment at which a section of a proof file stands: `proofs/output.md#upper`, or a link in
/// the file `stem`.
pub fn fragment(pointer: &str, stem: &str) -> Option<String> {
    let pointer =
        if pointer.starts_with('#') { format!("{stem}.md{pointer}") } else { pointer.to_owned() };
    let (stem, anchor) = proof::parts(&pointer)?;
    proof::file(stem)?;
    Some(if anchor.is_empty() { format!("proof-{stem}") } else { format!("proof-{stem}-{anchor}") })
}

/// A text of the file `stem` as HTML, without its pictures, and the formulas that could not be set,
/// which are shown as they are written.
pub fn html(text: &str, stem: &str) -> (String, Vec<String>) {
    let mut formulas = Formulas::new();
    let options = Options::ENABLE_MATH | Options::ENABLE_TABLES;
    let (mut in_picture, mut dropped) = (false, 0);
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        // Pictures are files beside the text.
        Event::Start(Tag::Image { .. }) => {
            in_picture = true;
            None
        }
        Event::End(TagEnd::Image) => {
            in_picture = false;
            None
        }
        _ if in_picture => None,
        Event::InlineMath(tex) => {
            Some(Event::InlineHtml(formulas.set(&tex, MathDisplay::Inline).into()))
        }
        Event::DisplayMath(tex) => {
            Some(Event::InlineHtml(formulas.set(&tex, MathDisplay::Block).into()))
        }
        Event::Html(tag) => Some(Event::Html(anchored(&tag, stem))),
        Event::InlineHtml(tag) => Some(Event::InlineHtml(anchored(&tag, stem))),
        // Other files are not on the page; links do not nest.
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let Some(at) = fragment(&dest_url, stem) else {
                dropped += 1;
                return None;
            };
            Some(Event::Start(Tag::Link {
                link_type,
                dest_url: format!("#{at}").into(),
                title,
                id,
            }))
        }
        Event::End(TagEnd::Link) if dropped > 0 => {
            dropped -= 1;
            None
        }
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    (out, formulas.failures)
}

/// A formula on a line of its own.
pub fn display(tex: &str) -> String {
    let set = Formulas::new().set(tex, MathDisplay::Block);
    format!("<div class=\"formula\">{set}</div>")
}

/// Anchors are told apart by file on a page that holds several.
fn anchored<'a>(tag: &str, stem: &str) -> CowStr<'a> {
    tag.replace("<a id=\"", &format!("<a id=\"proof-{stem}-")).into()
}

/// A closing fence with an exponent or an index keeps the size asked for only as a row of its own.
fn scripted_fences(mathml: &str) -> String {
    let mut out = mathml.to_owned();
    for script in ["<msup>", "<msub>", "<msubsup>"] {
        let fence = format!("{script}<mo minsize");
        let mut parts = out.split(&fence);
        let mut wrapped = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            wrapped += &format!("{script}<mrow><mo stretchy=\"true\" form=\"postfix\" minsize");
            wrapped += &part.replacen("</mo>", "</mo></mrow>", 1);
        }
        out = wrapped;
    }
    out
}

/// TeX to MathML.
struct Formulas {
    converter: LatexToMathML,
    failures: Vec<String>,
}

impl Formulas {
    fn new() -> Self {
        let converter = LatexToMathML::new(MathCoreConfig::default());
        Formulas { converter: converter.expect("no macros to go wrong"), failures: Vec::new() }
    }

    fn set(&mut self, tex: &str, display: MathDisplay) -> String {
        if let Ok(set) = self.converter.convert_with_local_state(tex, display) {
            scripted_fences(&set.mathml)
        } else {
            self.failures.push(tex.to_owned());
            maud::html! { code { (tex) } }.into_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_has_a_formula() {
        for statement in crate::stage::statements() {
            let mut formulas = Formulas::new();
            formulas.set(statement.formula, MathDisplay::Block);
            assert!(formulas.failures.is_empty(), "{}", statement.label);
        }
    }

    #[test]
    fn every_formula_is_set_and_every_link_leads_somewhere() {
        let mut page = String::new();
        for (stem, text) in proof::FILES {
            let (text, failures) = html(text, stem);
            assert!(failures.is_empty(), "{stem}: {failures:?}");
            assert!(stem == "trust" || stem == "README" || text.contains("<math"), "{stem}");
            page += &format!("<div id=\"proof-{stem}\">{text}</div>");
        }
        for link in page.split("href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        }
        // A large bracket with an exponent, in a row of its own.
        let (text, _) = html("$\\Big(x\\Big)^2$", "tools");
        assert!(text.contains("<msup><mrow><mo stretchy=\"true\" form=\"postfix\" minsize="));
        // A formula that cannot be set is shown as it is written, and said.
        let (text, failures) = html("$\\nonsense{x}$", "tools");
        assert!(text.contains("<code>") && failures.len() == 1);
    }
}
