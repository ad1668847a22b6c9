//! `relubound proofs`: the proofs, their numeric facts, and which uses which.

use clap::Subcommand;

use super::exit;
use super::format::{PageFormat, TextFormat};
use super::terminal::{self, print};
use crate::model::error::{Error, Result};
use crate::report::{proofs as report, uses};
use crate::stage::proof::Named;
use crate::stage::statements;
use crate::theory::certificate::{self, Certificate};

/// `relubound proofs`.
#[derive(Subcommand, Debug)]
pub enum Proofs {
    /// List every statement: how far it is established, and where its proof is
    List {
        /// What to print
        #[arg(long, value_enum, default_value = "text")]
        format: TextFormat,
    },
    /// Print a proof with what it uses, the code that evaluates it and the test that breaks it
    Show {
        /// Label of a statement, such as output.upper; a certificate, such as collapse.phi; or a
        /// section, such as direct.md#recursion
        #[arg(value_name = "LABEL")]
        name: String,
        /// What to print
        #[arg(long, value_enum, default_value = "text")]
        format: PageFormat,
    },
    /// Verify the numeric facts that the proofs use, each over its whole range
    #[command(
        after_help = "Exit status: 0 all are verified; 1 one is refuted or cannot be settled; 2 \
            bad input."
    )]
    Verify {
        /// Certificates, or labels for those that their proofs use; all by default
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// What to print
        #[arg(long, value_enum, default_value = "text")]
        format: TextFormat,
    },
    /// Print which proof uses which, as an SVG picture
    Graph,
}

impl Proofs {
    /// Does it.
    ///
    /// # Errors
    /// A name that is none's.
    pub fn run(&self) -> Result<u8> {
        let mut failed = false;
        print(&match self {
            Proofs::List { format: TextFormat::Text } => report::list(terminal::width()),
            Proofs::List { format: TextFormat::Json } => report::list_json(),
            Proofs::Show { name, format } => {
                let named = Proofs::named(name)?;
                match format {
                    PageFormat::Text => report::show(named, terminal::width()),
                    PageFormat::Json => report::show_json(named),
                    PageFormat::Html => report::show_page(named),
                }
            }
            Proofs::Verify { names, format } => {
                let verified: Vec<_> = Proofs::certificates(names)?
                    .into_iter()
                    .map(|one| (one, certificate::verify(one)))
                    .collect();
                failed = verified.iter().any(|(_, parts)| parts.iter().any(|p| p.outcome.is_err()));
                match format {
                    TextFormat::Text => report::verified(&verified, terminal::width()),
                    TextFormat::Json => report::verified_json(&verified),
                }
            }
            Proofs::Graph => uses::svg(),
        })?;
        Ok(if failed { exit::FAILED } else { exit::DONE })
    }

    /// The certificates with these names, all for none.
    ///
    /// # Errors
    /// A name that is no certificate's.
    pub fn certificates(names: &[String]) -> Result<Vec<&'static Certificate>> {
        if names.is_empty() {
            return Ok(certificate::ALL.iter().collect());
        }
        let mut chosen: Vec<&'static Certificate> = Vec::new();
        for name in names {
            let wanted: Vec<&str> = match Named::find(name) {
                Some(Named::Certificate(certificate)) => vec![certificate.name],
                Some(Named::Statement(statement)) => statement.certificates.to_vec(),
                _ => Vec::new(),
            };
            if wanted.is_empty() {
                let permitted = "a certificate, or a label whose proof uses one; relubound proofs \
                    verify shows all";
                return Err(Error::new("NAME", name, permitted));
            }
            let all = certificate::ALL.iter().filter(|c| wanted.contains(&c.name));
            chosen.extend(all);
        }
        let mut seen = std::collections::HashSet::new();
        chosen.retain(|certificate| seen.insert(certificate.name));
        Ok(chosen)
    }

    /// The statement or certificate of this name.
    ///
    /// # Errors
    /// A name that is none's.
    pub fn named(name: &str) -> Result<Named> {
        Named::find(name).ok_or_else(|| {
            let stage = name.split('.').next().unwrap_or_default();
            let near = statements().filter(|s| s.stage() == stage).map(|s| s.label);
            let near: Vec<&str> = near.collect();
            let permitted = match near[..] {
                [] => "a label as relubound proofs list shows them, or the name of a certificate"
                    .into(),
                _ => format!("labels of this stage are {}", near.join(", ")),
            };
            Error::new("LABEL", name, permitted)
        })
    }
}
