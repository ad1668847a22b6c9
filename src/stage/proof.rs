//! The texts of `proofs/`, which the program carries along.

use super::{statement, statements};
use crate::model::statement::Statement;
use crate::theory::certificate::{self, Certificate};

/// The files by stem, in the order in which they are read.
pub const FILES: [(&str, &str); 17] = [
    ("README", include_str!("../../proofs/README.md")),
    ("tools", include_str!("../../proofs/tools.md")),
    ("model", include_str!("../../proofs/model.md")),
    ("output", include_str!("../../proofs/output.md")),
    ("gradient", include_str!("../../proofs/gradient.md")),
    ("bottleneck", include_str!("../../proofs/bottleneck.md")),
    ("linearity", include_str!("../../proofs/linearity.md")),
    ("flip", include_str!("../../proofs/flip.md")),
    ("direct", include_str!("../../proofs/direct.md")),
    ("norm", include_str!("../../proofs/norm.md")),
    ("trained", include_str!("../../proofs/trained.md")),
    ("slack", include_str!("../../proofs/slack.md")),
    ("collapse", include_str!("../../proofs/collapse.md")),
    ("given", include_str!("../../proofs/given.md")),
    ("engines", include_str!("../../proofs/engines.md")),
    ("examples", include_str!("../../proofs/examples.md")),
    ("trust", include_str!("../../proofs/trust.md")),
];

/// The text of one file.
pub fn file(stem: &str) -> Option<&'static str> {
    FILES.into_iter().find_map(|(name, text)| (name == stem).then_some(text))
}

/// `proofs/output.md#upper` as ("output", "upper"); "" for a file as a whole.
pub fn parts(pointer: &str) -> Option<(&str, &str)> {
    let (file, anchor) = pointer.split_once('#').unwrap_or((pointer, ""));
    let stem = file.strip_prefix("proofs/").unwrap_or(file).strip_suffix(".md")?;
    Some((stem, anchor))
}

/// The section at a pointer such as `proofs/output.md#upper`, up to the next anchor.
pub fn section(pointer: &str) -> Option<&'static str> {
    let (stem, anchor) = parts(pointer)?;
    let text = file(stem)?;
    if anchor.is_empty() {
        return Some(text);
    }
    let (_, section) = text.split_once(&format!("<a id=\"{anchor}\"></a>\n"))?;
    Some(section.split("\n<a id=").next().unwrap_or(section).trim_end())
}

/// Pointers to all sections, in order.
fn pointers() -> Vec<&'static str> {
    static ALL: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    let all = ALL.get_or_init(|| {
        let of = |(stem, text): (&str, &str)| {
            let anchors = text.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
            anchors.map(|anchor| format!("proofs/{stem}.md#{anchor}")).collect::<Vec<_>>()
        };
        FILES.into_iter().flat_map(of).collect()
    });
    all.iter().map(String::as_str).collect()
}

/// Sections before this one in its file that are about no label: notation, definitions and lemmas.
pub fn before(pointer: &str) -> Vec<&'static str> {
    let file = |p: &str| parts(p).map(|(stem, _)| stem.to_owned());
    pointers()
        .into_iter()
        .take_while(|&p| parts(p) != parts(pointer))
        .filter(|p| file(p) == file(pointer) && statements().all(|s| s.proof != *p))
        .collect()
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// A label.
    Statement(&'static Statement),
    /// A certificate.
    Certificate(&'static Certificate),
    /// Any section of a file, by its pointer.
    Section(&'static str),
}

impl Named {
    /// The statement, the certificate or the section of this name. A layer, as in
    /// `bottleneck.rows[2]`, is left out.
    pub fn find(name: &str) -> Option<Self> {
        let layer = name.strip_suffix(']').and_then(|rest| rest.split_once('['));
        let label = layer.map_or(name, |(label, _)| label);
        let section = || pointers().into_iter().find(|&p| parts(p) == parts(name));
        statement(label)
            .map(Named::Statement)
            .or_else(|| certificate::ALL.iter().find(|c| c.name == name).map(Named::Certificate))
            .or_else(|| section().map(Named::Section))
    }

    /// Where its proof stands.
    pub fn proof(self) -> &'static str {
        match self {
            Named::Statement(statement) => statement.proof,
            Named::Certificate(certificate) => certificate.proof,
            Named::Section(pointer) => pointer,
        }
    }
}

/// Labels whose proofs use `label`.
pub fn users(label: &str) -> Vec<&'static str> {
    let uses = |s: &&Statement| s.uses.contains(&label) || s.before.contains(&label);
    statements().filter(uses).map(|s| s.label).collect()
}
