//! Packs parts as `render` does, whatever is in them: the tests hand its documents to cloud-init.
//!
//! Standard input: a JSON list a line, of parts `{"type": …, "body": base64}`. Standard output: a document a line,
//! in base64.

use std::io::{self, BufRead as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nodemint_core::desired::RenderedPart;
use nodemint_core::render::multipart;
use serde::Deserialize;

#[derive(Deserialize)]
struct Part {
    r#type: String,
    body: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let given: Vec<Part> = serde_json::from_str(&line?)?;
        let mut parts = Vec::new();
        for Part { r#type, body } in given {
            parts.push(RenderedPart {
                origin: String::new(),
                content_type: r#type,
                body: STANDARD.decode(body)?,
            });
        }
        writeln!(out, "{}", STANDARD.encode(multipart(&parts)))?;
    }
    Ok(())
}
