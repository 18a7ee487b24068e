//! The user's own templates: files of the spec whose names end in `.hbs`.
//!
//! Handlebars, but strict: a name that does not exist is an error wherever it stands, with its place and the
//! nearest name there is. (handlebars' own strict mode lets `{{#if missing}}` pass, and stops at its first
//! error.) So a template is walked before it is filled, against the very values or, where there is no lock yet,
//! against their shape.
//!
//! `{{value}}` is quoted for what the file is, by the value's own type: a number in YAML stays a number, a list
//! in a shell script is refused. For that each bare `{{value}}` becomes a call of the helper of the file's kind,
//! such as `{{sh value}}`; handlebars' escaping of text never runs, so nothing can be escaped twice.

mod check;
mod context;
mod known;
mod place;
mod scope;
mod write;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use handlebars::{
    Context, Handlebars, RenderContext, RenderError, RenderErrorReason, Renderable, Template,
    TemplateErrorReason,
};
use serde_json::Value;

pub(crate) use context::{shape, values};
pub(crate) use write::Kind;

use crate::lint::Reader;
use crate::render::{NODE_CONFIG, POWERSHELL, SHELL, TOML};

/// What is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// from 1
    pub line: usize,
    /// from 1, in characters
    pub column: usize,
    pub message: String,
    pub hint: String,
}

/// A template that was read, with nothing wrong in it.
pub(crate) struct UserTemplate {
    template: Template,
    /// The names below `vars` that it speaks of.
    pub vars: Used,
}

/// Which of the fleet's `vars` something speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// `vars` as a whole, as in `{{#each vars}}`.
    pub all: bool,
    pub names: BTreeSet<String>,
}

/// Whether the spec gives this file as a template.
pub(crate) fn is_template(path: &str) -> bool {
    path.ends_with(".hbs")
}

/// What a template writes: by the extension before `.hbs`, else by its content type, else by what reads the
/// user data.
pub(crate) fn kind(path: &str, content_type: Option<&str>, reader: Reader, text: &str) -> Kind {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".hbs").unwrap_or(name);
    let extension = stem.rsplit_once('.').map(|(_, extension)| extension);
    match (extension, content_type) {
        (Some("sh" | "bash"), _) => Kind::Shell,
        (Some("yaml" | "yml"), _) => Kind::Yaml,
        (Some("json"), _) => Kind::Json,
        (Some("toml"), _) => Kind::Toml,
        (Some("ps1"), _) => Kind::PowerShell,
        (_, Some(content_type)) => kind_of_type(content_type),
        (Some(_), None) => Kind::Unknown,
        (None, None) => match reader {
            Reader::Bottlerocket => Kind::Toml,
            Reader::Windows => Kind::PowerShell,
            // A bootstrap of one's own is a script or a NodeConfig there.
            Reader::Nodeadm if !text.starts_with("#!") && text.contains(NODE_CONFIG_GROUP) => {
                Kind::Yaml
            }
            Reader::CloudInit | Reader::Nodeadm | Reader::Unknown => Kind::Shell,
        },
    }
}

/// What every NodeConfig names.
const NODE_CONFIG_GROUP: &str = "node.eks.aws/";

fn kind_of_type(content_type: &str) -> Kind {
    match content_type {
        NODE_CONFIG | "text/cloud-config" | "text/cloud-config-archive" => Kind::Yaml,
        TOML => Kind::Toml,
        POWERSHELL => Kind::PowerShell,
        "text/cloud-boothook" => Kind::Shell,
        _ if content_type.starts_with(SHELL) => Kind::Shell,
        _ => Kind::Unknown,
    }
}

impl UserTemplate {
    /// Reads a template, and checks every name in it against `context`.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the file; a syntax error alone.
    pub fn read(text: &str, kind: Kind, context: &Value) -> Result<Self, Vec<Fault>> {
        let mut template = Template::compile(text).map_err(|error| vec![syntax(&error)])?;
        let vars = check::check(text, kind, context, &mut template)?;
        Ok(Self { template, vars })
    }

    /// Fills it in.
    ///
    /// # Errors
    /// A value that cannot be written where it is asked for.
    pub fn fill(&self, context: Value) -> Result<String, Fault> {
        let context = Context::from(context);
        let mut render = RenderContext::new(None);
        self.template
            .renders(helpers(), &context, &mut render)
            .map_err(|error| unfilled(&error))
    }
}

/// handlebars' helpers that decide, and ours that write.
fn helpers() -> &'static Handlebars<'static> {
    static HELPERS: OnceLock<Handlebars<'static>> = OnceLock::new();
    HELPERS.get_or_init(|| {
        let mut handlebars = Handlebars::new();
        handlebars.set_strict_mode(true);
        handlebars.register_escape_fn(handlebars::no_escape);
        for kind in Kind::WRITERS {
            handlebars.register_helper(kind.helper(), Box::new(kind));
        }
        handlebars
    })
}

fn syntax(error: &handlebars::TemplateError) -> Fault {
    let (line, column) = error.pos().unwrap_or((1, 1));
    let message = match error.reason() {
        TemplateErrorReason::MismatchingClosedHelper(open, closing) => {
            format!("`{{{{#{open}}}}}` is open, and `{{{{/{closing}}}}}` closes another block")
        }
        // pest's text draws the line, which can hold secrets.
        _ => "this is no Handlebars".to_owned(),
    };
    Fault {
        line,
        column,
        message,
        hint: "close what is open; braces that are no template's are written `\\{{`".to_owned(),
    }
}

fn unfilled(error: &RenderError) -> Fault {
    let (message, hint) = match error.reason() {
        RenderErrorReason::Other(text) => (
            text.clone(),
            "ask for it with `{{#if …}}` first, or write something else".to_owned(),
        ),
        RenderErrorReason::MissingVariable(Some(name)) => (
            format!("there is nothing at `{name}`"),
            "give it a value in `vars`".to_owned(),
        ),
        _ => (
            "there is nothing to write here".to_owned(),
            "look up a key that is there, or ask for it with `{{#if …}}` first".to_owned(),
        ),
    };
    Fault {
        line: error.line_no.unwrap_or(1),
        column: error.column_no.unwrap_or(1),
        message,
        hint,
    }
}

#[cfg(test)]
mod tests;
