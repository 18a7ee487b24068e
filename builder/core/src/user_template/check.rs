//! Walks a template before it is filled: every name must mean something, in branches that are not taken too.
//!
//! On the way each `{{value}}` becomes a call of the helper that writes it, so that handlebars' own escaping
//! has nothing left to do.

use handlebars::template::{BlockParam, HelperTemplate, Parameter, Subexpression, TemplateElement};
use handlebars::{Path, Template};
use serde_json::Value;

use super::known::{Form, KNOWN, Known};
use super::place::Place;
use super::scope::{Scope, Seen, resolve};
use super::write::{Kind, kind_of};
use super::{Fault, Used};
use crate::spec::nearest;

/// Enough for one reading.
const MOST_FAULTS: usize = 50;

/// Checks a template against its context and makes it ready to be filled.
///
/// # Errors
/// Everything that is wrong with it, by place.
pub(super) fn check(
    text: &str,
    kind: Kind,
    context: &Value,
    template: &mut Template,
) -> Result<Used, Vec<Fault>> {
    let mut checker = Checker {
        text,
        kind,
        scopes: vec![Scope {
            this: Seen::Value(context),
            locals: Vec::new(),
            names: Vec::new(),
        }],
        faults: Vec::new(),
        used: Used::default(),
    };
    checker.template(
        template,
        Place {
            line: 1,
            column: 1,
            chained: false,
        },
    );
    let mut faults = checker.faults;
    faults.sort();
    faults.dedup();
    match faults.is_empty() {
        true => Ok(checker.used),
        false => Err(faults),
    }
}

struct Checker<'t, 'v> {
    text: &'t str,
    kind: Kind,
    scopes: Vec<Scope<'v>>,
    faults: Vec<Fault>,
    used: Used,
}

impl<'v> Checker<'_, 'v> {
    /// `around` is the place of the block that this is a branch of.
    fn template(&mut self, template: &mut Template, around: Place) {
        for (index, element) in template.elements.iter_mut().enumerate() {
            if self.faults.len() >= MOST_FAULTS {
                return;
            }
            let place = match template.mapping.get(index) {
                Some(at) => Place {
                    line: at.0,
                    column: at.1,
                    chained: false,
                },
                None => Place {
                    chained: true,
                    ..around
                },
            };
            self.element(element, place);
        }
    }

    fn element(&mut self, element: &mut TemplateElement, place: Place) {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(call) => self.expression(call, self.kind, place),
            TemplateElement::HtmlExpression(call) => self.expression(call, Kind::Raw, place),
            TemplateElement::HelperBlock(call) => self.block(call, place),
            TemplateElement::PartialExpression(_)
            | TemplateElement::PartialBlock(_)
            | TemplateElement::DecoratorExpression(_)
            | TemplateElement::DecoratorBlock(_) => self.fault(
                (place.line, place.column),
                "partials and decorators are not supported",
                "write the text itself; several files can be several parts",
            ),
            // A kind of element that a later handlebars brings: refused until it is looked at.
            _ => {
                let here = (place.line, place.column);
                self.fault(here, "this is not supported", "write it in another way");
            }
        }
    }

    /// `{{x}}` and `{{helper x}}`. Afterwards it is the call of a helper that writes.
    fn expression(&mut self, call: &mut HelperTemplate, kind: Kind, place: Place) {
        match call.name.clone() {
            Parameter::Path(path) if call.params.is_empty() && call.hash.is_empty() => {
                let seen = self.path(&path, place);
                if self.kind_is_told(kind, place, path_text(&path)) {
                    self.check_writable(kind, seen, path_text(&path), place);
                }
                call.params = vec![Parameter::Path(path)];
                call.name = Parameter::Name(kind.helper().to_owned());
            }
            Parameter::Subexpression(_) => self.fault(
                (place.line, place.column),
                "a helper in parentheses would be written twice",
                "write `{{helper value}}`, without parentheses",
            ),
            name => {
                let Some(name) = name.as_name().map(str::to_owned) else {
                    return;
                };
                self.call(&name, call, Form::Value, place);
                if writer(&name).is_none() && self.kind_is_told(kind, place, &name) {
                    let inner = Subexpression::new(
                        call.name.clone(),
                        std::mem::take(&mut call.params),
                        std::mem::take(&mut call.hash),
                    );
                    call.params = vec![Parameter::Subexpression(inner)];
                    call.name = Parameter::Name(kind.helper().to_owned());
                }
            }
        }
    }

    fn kind_is_told(&mut self, kind: Kind, place: Place, name: &str) -> bool {
        let told = kind != Kind::Unknown;
        if !told {
            self.fault(
                place.of(self.text, name),
                format!("nothing tells how `{{{{{name}}}}}` is to be quoted in this file"),
                format!(
                    "write `{{{{sh {name}}}}}`, `{{{{yaml {name}}}}}` or `{{{{raw {name}}}}}`, \
                     or give the file an extension before `.hbs`, such as `.sh.hbs`"
                ),
            );
        }
        told
    }

    fn check_writable(&mut self, kind: Kind, seen: Seen<'_>, name: &str, place: Place) {
        let Seen::Value(value @ (Value::Array(_) | Value::Object(_))) = seen else {
            return;
        };
        if !kind.takes_collections() {
            self.fault(
                place.of(self.text, name),
                format!(
                    "`{name}` is {}, which `{}` cannot write",
                    kind_of(value),
                    kind.helper()
                ),
                format!("go through it: `{{{{#each {name}}}}}…{{{{/each}}}}`"),
            );
        }
    }

    /// `{{#helper x}}…{{else}}…{{/helper}}`.
    fn block(&mut self, call: &mut HelperTemplate, place: Place) {
        let Some(name) = call.name.as_name().map(str::to_owned) else {
            return;
        };
        if name == "raw" && call.params.is_empty() {
            return;
        }
        let seen = self.call(&name, call, Form::Block, place);
        match name.as_str() {
            "each" => self.each(call, seen, place),
            "with" => {
                let names = block_names(call.block_param.as_ref(), seen, Seen::Unknown);
                // handlebars hands down what the block around begins with `@`.
                let locals = self.scopes.last().map(|scope| scope.locals.clone());
                self.inside(call, seen, locals.unwrap_or_default(), names, place);
            }
            _ => {
                if let Some(body) = &mut call.template {
                    self.template(body, place);
                }
            }
        }
        if let Some(inverse) = &mut call.inverse {
            self.template(inverse, place);
        }
    }

    /// The body once for each item, because items can differ; for an empty list once with nothing known.
    fn each(&mut self, call: &mut HelperTemplate, seen: Seen<'v>, place: Place) {
        let list = vec!["index", "first", "last"];
        let mapping = vec!["index", "first", "last", "key"];
        let (items, locals): (Vec<Seen<'v>>, _) = match seen {
            Seen::Value(Value::Array(items)) => (items.iter().map(Seen::Value).collect(), list),
            Seen::Value(Value::Object(map)) => (map.values().map(Seen::Value).collect(), mapping),
            Seen::Unknown => (Vec::new(), mapping),
            Seen::Value(Value::Null) if call.inverse.is_some() => (Vec::new(), mapping),
            Seen::Value(_) | Seen::Scalar => {
                let name = call.params.first().map_or("this", parameter_text);
                self.fault(
                    place.of(self.text, name),
                    "`{{#each}}` goes through lists and mappings, and this is neither",
                    "write `{{#if}}` or `{{#with}}`, or make it a list in `vars`",
                );
                return;
            }
        };
        let items = if items.is_empty() {
            vec![Seen::Unknown]
        } else {
            items
        };
        for item in items {
            if self.faults.len() >= MOST_FAULTS {
                return;
            }
            let names = block_names(call.block_param.as_ref(), item, Seen::Scalar);
            self.inside(call, item, locals.clone(), names, place);
        }
    }

    fn inside(
        &mut self,
        call: &mut HelperTemplate,
        this: Seen<'v>,
        locals: Vec<&'static str>,
        names: Vec<(String, Seen<'v>)>,
        place: Place,
    ) {
        self.scopes.push(Scope {
            this,
            locals,
            names,
        });
        if let Some(body) = &mut call.template {
            self.template(body, place);
        }
        self.scopes.pop();
    }

    /// A helper with its values; gives its first value for blocks, and what it makes of them for the others.
    fn call(&mut self, name: &str, call: &HelperTemplate, form: Form, place: Place) -> Seen<'v> {
        let Some(helper) = KNOWN.iter().find(|helper| helper.name == name) else {
            let names: Vec<&str> = KNOWN.iter().map(|helper| helper.name).collect();
            let hint = nearest::nearest(name, names.iter().copied());
            let hint = hint.map(|near| format!("did you mean `{near}`?"));
            self.fault(
                place.of(self.text, name),
                format!("there is no helper `{name}`"),
                hint.unwrap_or_else(|| format!("there are: {}", names.join(", "))),
            );
            return Seen::Unknown;
        };
        self.check_form(helper, call, form, place);
        let seen: Vec<Seen<'v>> = call
            .params
            .iter()
            .map(|parameter| self.parameter(parameter, place))
            .collect();
        for (key, value) in &call.hash {
            self.parameter(value, place);
            if !(key == "includeZero" && matches!(name, "if" | "unless")) {
                let place = place.of(self.text, key);
                self.fault(place, format!("`{name}` takes no `{key}=`"), "take it out");
            }
        }
        let first = seen.first().copied().unwrap_or(Seen::Unknown);
        if let (Some(kind), Some(given)) = (writer(name), call.params.first()) {
            self.check_writable(kind, first, parameter_text(given), place);
        }
        match form {
            Form::Value if name == "lookup" => Seen::Unknown,
            Form::Value => Seen::Scalar,
            Form::Block | Form::Both => first,
        }
    }

    fn check_form(&mut self, helper: &Known, call: &HelperTemplate, form: Form, place: Place) {
        let name = helper.name;
        let here = place.of(self.text, name);
        if helper.form != Form::Both && helper.form != form {
            let wanted = match helper.form {
                Form::Block => format!("write `{{{{#{name} …}}}}…{{{{/{name}}}}}`"),
                Form::Value | Form::Both => format!("write `{{{{{name} …}}}}`"),
            };
            self.fault(here, format!("`{name}` cannot stand like this"), wanted);
        }
        if !helper.takes.contains(&call.params.len()) {
            let (least, given) = (helper.takes.start(), call.params.len());
            self.fault(
                here,
                format!("`{name}` has {given} values"),
                format!("give it {least}"),
            );
        }
    }

    fn parameter(&mut self, parameter: &Parameter, place: Place) -> Seen<'v> {
        match parameter {
            Parameter::Path(path) => self.path(path, place),
            Parameter::Literal(_) => Seen::Scalar,
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) if !call.params.is_empty() => {
                    let name = call.name.as_name().unwrap_or_default().to_owned();
                    self.call(&name, call, Form::Value, place)
                }
                _ => {
                    self.fault(
                        (place.line, place.column),
                        "parentheses without a helper",
                        "take them away",
                    );
                    Seen::Unknown
                }
            },
            // Names are of helpers alone, and a later handlebars may bring more.
            _ => Seen::Unknown,
        }
    }

    fn path(&mut self, path: &Path, place: Place) -> Seen<'v> {
        match resolve(&self.scopes, path) {
            Ok((seen, var)) => {
                match var {
                    Some(Some(name)) => drop(self.used.names.insert(name)),
                    Some(None) => self.used.all = true,
                    None => {}
                }
                seen
            }
            Err(unresolved) => {
                let here = place.of(self.text, path_text(path));
                self.fault(here, unresolved.message, unresolved.hint);
                Seen::Unknown
            }
        }
    }

    fn fault(
        &mut self,
        (line, column): (usize, usize),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.faults.push(Fault {
            line,
            column,
            message: message.into(),
            hint: hint.into(),
        });
    }
}

/// The kind that a helper writes.
fn writer(name: &str) -> Option<Kind> {
    let mut writers = Kind::WRITERS.into_iter();
    writers.find(|kind| kind.helper() == name)
}

/// `as |value|`, `as |value key|`.
fn block_names<'v>(
    given: Option<&BlockParam>,
    value: Seen<'v>,
    key: Seen<'v>,
) -> Vec<(String, Seen<'v>)> {
    let name = |parameter: &Parameter| parameter.as_name().unwrap_or_default().to_owned();
    match given {
        Some(BlockParam::Single(one)) => vec![(name(one), value)],
        Some(BlockParam::Pair((one, other))) => vec![(name(one), value), (name(other), key)],
        _ => Vec::new(),
    }
}

fn parameter_text(parameter: &Parameter) -> &str {
    parameter.as_name().unwrap_or("this")
}

fn path_text(path: &Path) -> &str {
    match path {
        Path::Relative((_, raw)) | Path::Local((_, _, raw)) => raw,
    }
}
