//! Directories of runs and studies with hashes that are right: what follows from no parameters and
//! trials is refused, in one line.

use std::fs;

use relubound::model::shard::Shard;
use relubound::report;
use relubound::run::store::{self, SEAL, canonical, seal, sum, values};
use relubound::study::{Directory, Grid, Study, merge};
use serde_json::{Value, json};

use super::one_line;

/// Two texts, with a zero byte between them.
fn two(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    (&data[..end], data.get(end + 1..).unwrap_or_default())
}

/// The first JSON value with its hash, where it is an object.
fn sealed(text: &[u8]) -> Option<serde_json::Map<String, Value>> {
    let mut body = values(text).ok()?.whole.into_iter().next()?.as_object()?.clone();
    body.shift_remove(SEAL);
    Some(body)
}

/// `run.json` and `trials.jsonl`, as they are and with right hashes.
pub fn runs(data: &[u8]) {
    let (head, trials) = two(data);
    let place = tempfile::tempdir().unwrap();
    let run = |head: &[u8]| {
        fs::write(place.path().join("run.json"), head).unwrap();
        fs::write(place.path().join("trials.jsonl"), trials).unwrap();
        match store::load(place.path()) {
            Err(why) => one_line(&why),
            Ok(loaded) => {
                let ledger = &loaded.ledger;
                assert!(!report::json::render(ledger).is_empty());
                assert!(!report::text(ledger, report::Detail::Full, 100).is_empty());
            }
        }
    };
    run(head);
    let (Some(mut body), Ok(lines)) = (sealed(head), values(trials)) else { return };
    if is_large(&body) {
        return;
    }
    let chained: String = lines.whole.iter().map(|line| canonical(line) + "\n").collect();
    let hash = sum(chained.as_bytes());
    body.insert("trials_file".into(), json!({ "file": "trials.jsonl", SEAL: hash }));
    let own = seal(&Value::Object(body.clone()));
    body.insert(SEAL.into(), own.into());
    run(Value::Object(body).to_string().as_bytes());
}

/// Does it ask for bounds that take long?
fn is_large(body: &serde_json::Map<String, Value>) -> bool {
    let widths = body.get("config").and_then(|config| config["widths"].as_str());
    let widths = widths.and_then(|widths| widths.parse::<relubound::Architecture>().ok());
    widths.is_some_and(|widths| widths.depth() > 6 || widths.largest() > 1000)
}

/// `study.json` and `cells.jsonl`, as they are and with right hashes.
pub fn studies(data: &[u8]) {
    let (head, cells) = two(data);
    let place = tempfile::tempdir().unwrap();
    let (part, out) = (place.path().join("part"), place.path().join("out"));
    fs::create_dir(&part).unwrap();
    let join = |cells: &[u8]| {
        fs::write(part.join("study.json"), head).unwrap();
        fs::write(part.join("cells.jsonl"), cells).unwrap();
        match merge(std::slice::from_ref(&part), &out) {
            Err(why) => one_line(&why),
            Ok((study, directory)) => {
                assert_eq!(study.cells.len(), directory.lines.len());
                drop(directory);
                // What was written is what is read.
                let again = Directory::open(&out, &study, Shard::WHOLE).unwrap();
                assert_eq!(study.cells.len(), again.lines.len());
            }
        }
        let _ = fs::remove_dir_all(&out);
    };
    join(cells);
    let Some(body) = sealed(head) else { return };
    let plan = body.get("plan").cloned().unwrap_or_default();
    let Ok(grid) = serde_json::from_value::<Grid>(plan) else { return };
    let (Ok(study), Ok(lines)) = (Study::new(grid), values(cells)) else { return };
    let version = body.get("version").cloned().unwrap_or_default();
    let lines = lines.whole.into_iter().map(|mut line| {
        if let Some(map) = line.as_object_mut() {
            map.shift_remove(SEAL);
            let of = json!({ "version": version, "study": study.grid, "cell": map.clone() });
            map.insert(SEAL.into(), seal(&of).into());
        }
        format!("{line}\n")
    });
    join(lines.collect::<String>().as_bytes());
}
