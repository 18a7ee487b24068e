//! Values as the kinds of files take them.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use crate::render::templates::{powershell_quote, shell_quote};
use crate::render::yaml;

/// What a template writes, or a helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One single-quoted word.
    Shell,
    /// A scalar, or a list or mapping on one line.
    Yaml,
    /// The same as JSON.
    Json,
    /// A value of TOML, on one line.
    Toml,
    /// A single-quoted string, a number, `$true`, `@(…)`, `@{…}`.
    PowerShell,
    /// The text as it is.
    Raw,
    /// Nothing tells: such a template must name a helper wherever it writes a value.
    Unknown,
}

impl Kind {
    /// Those that write; each is a helper.
    pub const WRITERS: [Kind; 6] = [
        Kind::Shell,
        Kind::Yaml,
        Kind::Json,
        Kind::Toml,
        Kind::PowerShell,
        Kind::Raw,
    ];

    /// Its name in templates.
    pub fn helper(self) -> &'static str {
        match self {
            Kind::Shell => "sh",
            Kind::Yaml => "yaml",
            Kind::Json => "json",
            Kind::Toml => "toml",
            Kind::PowerShell => "powershell",
            Kind::Raw | Kind::Unknown => "raw",
        }
    }

    /// Whether it can write lists and mappings.
    pub fn takes_collections(self) -> bool {
        !matches!(self, Kind::Shell | Kind::Raw | Kind::Unknown)
    }

    /// The value's text; none if the kind has no way to say it.
    fn write(self, value: &Value) -> Option<String> {
        match self {
            Kind::Yaml => Some(yaml::flow(value)),
            Kind::Json => Some(json(value)),
            Kind::Toml => toml::Value::try_from(value)
                .ok()
                .map(|value| value.to_string()),
            Kind::PowerShell => Some(powershell(value)),
            Kind::Shell => plain(value).map(|text| shell_quote(&text)),
            Kind::Raw | Kind::Unknown => plain(value),
        }
    }
}

/// `{{sh x}}` and its kin. What they write goes out as it is.
impl HelperDef for Kind {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        // `{{{{raw}}}}…{{{{/raw}}}}`, in which braces mean nothing.
        if let (Kind::Raw, Some(block)) = (self, helper.template()) {
            return block.render(registry, context, render, out);
        }
        let parameter = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex(self.helper(), 0))?;
        let name = parameter.relative_path();
        if parameter.is_value_missing() {
            return Err(RenderError::strict_error(name));
        }
        let Some(text) = self.write(parameter.value()) else {
            let name = name.map_or("this", String::as_str);
            let found = kind_of(parameter.value());
            let message = format!(
                "`{name}` is {found}, which `{}` cannot write",
                self.helper()
            );
            return Err(RenderErrorReason::Other(message).into());
        };
        out.write(&text)?;
        Ok(())
    }
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "without a value",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// In ASCII, so that no encoding on the way can spoil it.
fn json(value: &Value) -> String {
    let mut out = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        // Only strings have such, and there JSON takes UTF-16 by number.
        for unit in character.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
    out
}

fn powershell(value: &Value) -> String {
    let comma = |items: Vec<String>, with: &str| items.join(with);
    match value {
        Value::Null => "$null".to_owned(),
        Value::Bool(true) => "$true".to_owned(),
        Value::Bool(false) => "$false".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => powershell_quote(text),
        Value::Array(items) => {
            format!("@({})", comma(items.iter().map(powershell).collect(), ", "))
        }
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| {
                format!("{} = {}", powershell_quote(key), powershell(value))
            };
            format!("@{{{}}}", comma(map.iter().map(pair).collect(), "; "))
        }
    }
}
