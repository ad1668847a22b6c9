//! Proof texts as HTML, formulas as MathML, so that a page needs no script and no network.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser as Latex, Storage, push_mathml};

use crate::proof;

/// The fragment at which a section of a proof file stands: `proofs/output.md#upper`, or a link in
/// the file `stem`.
pub fn fragment(pointer: &str, stem: &str) -> Option<String> {
    let pointer =
        if pointer.starts_with('#') { format!("{stem}.md{pointer}") } else { pointer.to_owned() };
    let (stem, anchor) = proof::parts(&pointer)?;
    proof::file(stem)?;
    Some(if anchor.is_empty() { format!("proof-{stem}") } else { format!("proof-{stem}-{anchor}") })
}

/// A text of the file `stem` as HTML, and the formulas that could not be set, which are shown as
/// they are written.
pub fn html(text: &str, stem: &str) -> (String, Vec<String>) {
    let mut failures = Vec::new();
    let options = Options::ENABLE_MATH | Options::ENABLE_TABLES;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::InlineMath(tex) => Event::InlineHtml(math(&tex, DisplayMode::Inline, &mut failures)),
        Event::DisplayMath(tex) => Event::InlineHtml(math(&tex, DisplayMode::Block, &mut failures)),
        Event::Html(tag) => Event::Html(anchored(&tag, stem)),
        Event::InlineHtml(tag) => Event::InlineHtml(anchored(&tag, stem)),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = fragment(&dest_url, stem).map_or(dest_url, |at| format!("#{at}").into());
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    (out, failures)
}

/// Anchors are told apart by file on a page that holds several.
fn anchored<'a>(tag: &str, stem: &str) -> CowStr<'a> {
    tag.replace("<a id=\"", &format!("<a id=\"proof-{stem}-")).into()
}

fn math<'a>(tex: &str, display_mode: DisplayMode, failures: &mut Vec<String>) -> CowStr<'a> {
    let storage = Storage::new();
    let mut out = String::new();
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    let events: Vec<_> = Latex::new(tex, &storage).collect();
    let failed = events.iter().any(Result::is_err)
        || push_mathml(&mut out, events.into_iter(), config).is_err();
    if failed {
        failures.push(tex.to_owned());
        return maud::html! { code { (tex) } }.into_string().into();
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_formula_is_set_and_every_link_leads_somewhere() {
        let mut page = String::new();
        for (stem, text) in proof::FILES {
            let (text, failures) = html(text, stem);
            assert!(failures.is_empty(), "{stem}: {failures:?}");
            assert!(stem == "trust" || stem == "README" || text.contains("<math"), "{stem}");
            page += &format!("<summary id=\"proof-{stem}\"></summary>{text}");
        }
        for link in page.split("href=\"#").skip(1) {
            let target = link.split('"').next().unwrap();
            assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
        }
        // A formula that cannot be set is shown as it is written, and said.
        let (text, failures) = html("$\\nonsense{x}$", "tools");
        assert!(text.contains("<code>") && failures.len() == 1);
    }
}
