//! Handlebars for the files in `templates/` and `userdata/`: strict, and escaped for what they write.
//!
//! Two traps of Handlebars are closed here. Strict mode lets `{{#if missing}}` pass, and `if` takes `0` and
//! `false` for absent: the templates use `{{#given x}}`, which asks for null alone and fails on a name that
//! does not exist. The default escape is HTML's and would write `&#x3D;` for `=`: each format has its own.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable, Template,
};
use serde::Serialize;
use serde_json::Value;

use super::yaml;

/// What a template writes; decides how `{{value}}` is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `{{value}}` becomes a double-quoted scalar; `{{{value}}}` is for numbers and booleans.
    Yaml,
    /// `{{value}}` becomes one single-quoted word.
    Shell,
    /// `{{value}}` becomes one single-quoted string.
    PowerShell,
}

/// Shared shapes that templates include with `{{> name}}`.
const PARTIALS: &[(&str, &str)] = &[("data", include_str!("../../../../templates/data.yaml.hbs"))];

/// Fills a template in. Only embedded ones come here, and each is compiled once.
pub(super) fn fill(
    template: &'static str,
    format: Format,
    context: &impl Serialize,
) -> Result<String, RenderError> {
    let compiled = compiled(template)?;
    let context = Context::wraps(context)?;
    let mut render = RenderContext::new(None);
    compiled.renders(registry(format), &context, &mut render)
}

/// The helpers, the partials and the way of quoting for a format.
fn registry(format: Format) -> &'static Handlebars<'static> {
    static YAML: OnceLock<Handlebars<'static>> = OnceLock::new();
    static SHELL: OnceLock<Handlebars<'static>> = OnceLock::new();
    static POWERSHELL: OnceLock<Handlebars<'static>> = OnceLock::new();
    match format {
        Format::Yaml => YAML.get_or_init(|| new_registry(yaml::quote)),
        Format::Shell => SHELL.get_or_init(|| new_registry(shell_quote)),
        Format::PowerShell => POWERSHELL.get_or_init(|| new_registry(powershell_quote)),
    }
}

fn new_registry(quote: fn(&str) -> String) -> Handlebars<'static> {
    let mut handlebars = Handlebars::new();
    handlebars.set_strict_mode(true);
    handlebars.register_escape_fn(quote);
    handlebars.register_helper("given", Box::new(Given));
    handlebars.register_helper("flow", Box::new(Flow));
    for (name, text) in PARTIALS {
        // They are embedded, and every golden case fills one.
        if let Ok(template) = Template::compile(text) {
            handlebars.register_template(name, template);
        }
    }
    handlebars
}

/// A template's compiled form, from the first time that it was asked for.
fn compiled(template: &'static str) -> Result<Arc<Template>, RenderError> {
    static COMPILED: RwLock<BTreeMap<&'static str, Arc<Template>>> = RwLock::new(BTreeMap::new());
    let known = COMPILED.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(template) {
        return Ok(Arc::clone(found));
    }
    drop(known);
    let new = Arc::new(Template::compile(template)?);
    let mut known = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
    Ok(Arc::clone(known.entry(template).or_insert(new)))
}

/// One word for a POSIX shell, whatever is in it.
pub(crate) fn shell_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One string for PowerShell, in which nothing is expanded. It takes typographic quotes for quotes too, so
/// each kind is doubled (CodeGeneration.EscapeSingleQuotedStringContent of PowerShell does the same).
pub(crate) fn powershell_quote(text: &str) -> String {
    let mut out = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('\'');
    out
}

/// `{{#given x}}…{{/given}}`: the block, if `x` is not null.
struct Given;

impl HelperDef for Given {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let set = !parameter(helper, "given")?.is_null();
        match helper.template() {
            Some(block) if set => block.render(registry, context, render, out),
            _ => Ok(()),
        }
    }
}

/// `{{{flow x}}}`: any value as YAML on one line.
struct Flow;

impl HelperDef for Flow {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        out.write(&yaml::flow(parameter(helper, "flow")?))?;
        Ok(())
    }
}

/// The first parameter; a name that the context does not have is an error.
fn parameter<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a Value, RenderError> {
    let value = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex(name, 0))?;
    if value.is_value_missing() {
        return Err(RenderError::strict_error(value.relative_path()));
    }
    Ok(value.value())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_does_not_exist_is_an_error_everywhere() {
        for template in [
            "{{missing}}",
            "{{#given missing}}x{{/given}}",
            "{{{flow missing}}}",
            "{{#given a.b}}x{{/given}}",
        ] {
            assert!(
                fill(template, Format::Yaml, &json!({"a": {}})).is_err(),
                "{template}"
            );
        }
    }

    #[test]
    fn given_asks_for_null_alone() {
        let template = "{{#given a}}a{{/given}}{{#given b}}b{{/given}}{{#given c}}c{{/given}}";
        assert_eq!(
            fill(
                template,
                Format::Yaml,
                &json!({"a": 0, "b": false, "c": null})
            )
            .unwrap(),
            "ab"
        );
    }

    #[test]
    fn values_cannot_leave_their_quotes() {
        let nasty = "a'b\"c=$(id)`x`\n<&>é\u{1f980}";
        let shell = fill("{{a}}", Format::Shell, &json!({ "a": nasty })).unwrap();
        assert_eq!(shell, "'a'\\''b\"c=$(id)`x`\n<&>é\u{1f980}'");
        let nasty_quotes = "a'b\u{2018}c\u{201b}$(id)`n\"";
        let powershell = fill("{{a}}", Format::PowerShell, &json!({ "a": nasty_quotes })).unwrap();
        assert_eq!(
            powershell,
            "'a''b\u{2018}\u{2018}c\u{201b}\u{201b}$(id)`n\"'"
        );
        let yaml = fill("a: {{a}}", Format::Yaml, &json!({ "a": nasty })).unwrap();
        assert!(yaml.is_ascii());
        let back: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
        assert_eq!(back, json!({ "a": nasty }));
    }

    /// `if` and its kin would bring the traps back.
    #[test]
    fn no_template_uses_if() {
        let templates = [
            include_str!("../../../../templates/data.yaml.hbs"),
            include_str!("../../../../templates/al2.yaml.hbs"),
            include_str!("../../../../templates/al2023.yaml.hbs"),
            include_str!("../../../../userdata/al2/bootstrap.sh.hbs"),
            include_str!("../../../../userdata/al2023/nodeconfig.yaml.hbs"),
            include_str!("../../../../userdata/pre-bootstrap.sh.hbs"),
            include_str!("../../../../userdata/ubuntu/bootstrap.sh.hbs"),
            include_str!("../../../../userdata/windows/bootstrap.ps1.hbs"),
        ];
        for template in templates {
            for word in [
                "{{#if",
                "{{#unless",
                "{{#with",
                "{{else",
                "{{^",
                "{{#eq",
                "{{#ne",
                "{{#not",
                "lookup",
                "{{#gt",
                "{{#lt",
                "{{#and",
                "{{#or",
            ] {
                assert!(!template.contains(word), "{word} in {template}");
            }
        }
    }
}
