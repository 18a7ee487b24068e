//! The helpers that a user's template can call: handlebars' own that decide, and ours that write.

/// A helper: its name, how many values it takes, and where it may stand.
pub(super) struct Known {
    pub name: &'static str,
    pub takes: std::ops::RangeInclusive<usize>,
    pub form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `{{#if x}}…{{/if}}`
    Block,
    /// `{{len x}}`
    Value,
    /// Either.
    Both,
}

const fn known(name: &'static str, least: usize, most: usize, form: Form) -> Known {
    Known {
        name,
        takes: least..=most,
        form,
    }
}

pub(super) const KNOWN: &[Known] = &[
    known("if", 1, 1, Form::Block),
    known("unless", 1, 1, Form::Block),
    known("each", 1, 1, Form::Block),
    known("with", 1, 1, Form::Block),
    known("eq", 2, 2, Form::Both),
    known("ne", 2, 2, Form::Both),
    known("gt", 2, 2, Form::Both),
    known("gte", 2, 2, Form::Both),
    known("lt", 2, 2, Form::Both),
    known("lte", 2, 2, Form::Both),
    known("and", 2, 16, Form::Both),
    known("or", 2, 16, Form::Both),
    known("not", 1, 1, Form::Both),
    known("len", 1, 1, Form::Value),
    known("lookup", 2, 2, Form::Value),
    known("sh", 1, 1, Form::Value),
    known("yaml", 1, 1, Form::Value),
    known("json", 1, 1, Form::Value),
    known("toml", 1, 1, Form::Value),
    known("powershell", 1, 1, Form::Value),
    known("raw", 1, 1, Form::Value),
];
