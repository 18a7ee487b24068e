//! Lints of what is about to be minted, told at their places in the spec and in the user's files.

mod places;

use std::collections::BTreeSet;

use self::places::placed;

use super::{Boot, NODE_CONFIG, Problems, RenderErrors, SHELL, verbatim};
use crate::desired::{RenderWarning, RenderedPart};
use crate::family::family;
use crate::launch_template::{Form, UserDataBlob, decode};
use crate::lint::{self, Lint, Rule, Setting, Severity};
use crate::spec::{Cluster, File, FleetSpec, KubernetesVersion, LaunchTemplate, PinnedBy, Script};

/// What lints found that keeps nothing from being minted.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    found: Vec<RenderWarning>,
    /// By template: the rules that found something, whether it was told or allowed.
    met: BTreeSet<(usize, Rule)>,
}

impl Warnings {
    /// In the order of the launch templates; what is met again for another cluster is kept once.
    pub fn into_found(self) -> Vec<RenderWarning> {
        self.found
    }

    fn push(&mut self, warning: RenderWarning) {
        if !self.found.contains(&warning) {
            self.found.push(warning);
        }
    }

    /// Rules that are allowed, and found nothing in any cluster of the template.
    pub fn unmet(&mut self, index: usize, template: &LaunchTemplate) {
        for rule in &template.user_data.allow {
            if self.met.contains(&(index, *rule)) {
                continue;
            }
            self.push(RenderWarning {
                rule: *rule,
                template: template.name.clone(),
                path: format!("launchTemplates[{index}].userData.allow"),
                message: format!("`{}` is allowed, and nothing here needs it", rule.name()),
                hint: "take it out, so that it hides nothing later".to_owned(),
            });
        }
    }
}

/// Where lints of one launch template go.
struct Sink<'a> {
    index: usize,
    template: &'a LaunchTemplate,
    problems: &'a mut Problems,
    warnings: &'a mut Warnings,
}

impl<'a> Sink<'a> {
    fn of(boot: &Boot<'a>, problems: &'a mut Problems, warnings: &'a mut Warnings) -> Self {
        Sink {
            index: boot.index,
            template: boot.template,
            problems,
            warnings,
        }
    }
    /// An error of a rule that is allowed is a warning, and a warning of one is silent.
    fn tell(&mut self, lint: Lint, path: String, message: String) {
        let rule = lint.rule;
        let allowed = self.template.user_data.allow.contains(&rule);
        self.warnings.met.insert((self.index, rule));
        match (lint.severity, allowed) {
            (Severity::Warning, true) => {}
            (Severity::Error, false) => {
                self.problems
                    .spec(path, message, with_allow(rule, lint.hint))
            }
            (severity, _) => {
                let hint = match severity {
                    Severity::Error => format!("allowed by `userData.allow`; {}", lint.hint),
                    Severity::Warning => with_allow(rule, lint.hint),
                };
                self.warnings.push(RenderWarning {
                    rule,
                    template: self.template.name.clone(),
                    path,
                    message,
                    hint,
                });
            }
        }
    }

    fn path(&self, field: &str) -> String {
        format!("launchTemplates[{}].{field}", self.index)
    }

    /// A warning about the launch template itself.
    fn warn(
        &mut self,
        rule: Rule,
        field: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let message = message.into();
        let lint = Lint {
            rule,
            severity: Severity::Warning,
            part: None,
            line: None,
            message: message.clone(),
            hint: hint.into(),
        };
        let path = self.path(field);
        self.tell(lint, path, message);
    }
}

/// What a person does who knows better than a rule that judges by looks.
fn with_allow(rule: Rule, hint: String) -> String {
    match rule.about().heuristic {
        true => format!(
            "{hint}; if it is meant: `userData.allow: [{}]`",
            rule.name()
        ),
        false => hint,
    }
}

/// Lints what a launch template renders to for a cluster.
pub(super) fn check(
    boot: &Boot<'_>,
    rendered: &[RenderedPart],
    problems: &mut Problems,
    warnings: &mut Warnings,
) {
    let mut sink = Sink::of(boot, problems, warnings);
    let setting = setting(boot.template, boot.locked.version.parse().ok());
    parts(
        lint::lint_rendered(&setting, &views(rendered)),
        rendered,
        &mut sink,
    );
    node_configs(rendered, &mut sink);
    metadata(&mut sink);
    kubernetes(&setting, boot.cluster, &mut sink);
    let own = boot.locked.security_group_id.as_deref();
    security_groups(boot.cluster, own, &mut sink);
}

/// Lints user data that goes out as it is. Nobody reads its parts before the node does, so all that is wrong with
/// them is a warning; what EKS would refuse stays an error.
pub(super) fn check_verbatim(
    boot: &Boot<'_>,
    form: Form,
    read: &[RenderedPart],
    file: &File,
    problems: &mut Problems,
    warnings: &mut Warnings,
) {
    let mut sink = Sink::of(boot, problems, warnings);
    let setting = setting(boot.template, boot.locked.version.parse().ok());
    for lint in lint::document(&setting, form, file.content.len()) {
        // Its size is told by itself.
        if lint.rule != Rule::TooLarge || lint.severity == Severity::Warning {
            let (path, message) = (sink.path("userData.verbatim"), lint.message.clone());
            sink.tell(lint, path, message);
        }
    }
    parts(
        as_warnings(lint::lint(&setting, &views(read))),
        read,
        &mut sink,
    );
    metadata(&mut sink);
    kubernetes(&setting, boot.cluster, &mut sink);
    let own = boot.locked.security_group_id.as_deref();
    security_groups(boot.cluster, own, &mut sink);
}

fn as_warnings(mut lints: Vec<Lint>) -> Vec<Lint> {
    for lint in &mut lints {
        lint.severity = Severity::Warning;
    }
    lints
}

/// The user's own NodeConfigs. Errors are problems already, unless the spec allows them.
fn node_configs(rendered: &[RenderedPart], sink: &mut Sink<'_>) {
    let own = |part: &&RenderedPart| part.content_type == NODE_CONFIG && part.origin != "bootstrap";
    let own: Vec<RenderedPart> = rendered.iter().filter(own).cloned().collect();
    let allowed = sink.template.user_data.allow.contains(&Rule::NodeConfig);
    let mut lints = lint::lint_node_configs(&views(&own));
    lints.retain(|lint| allowed || lint.severity == Severity::Warning);
    parts(lints, &own, sink);
}

/// Warns if EKS's own part may not fit beside that many bytes. What EC2 does not take is told part by part.
pub(super) fn check_room(
    boot: &Boot<'_>,
    bytes: usize,
    problems: &mut Problems,
    warnings: &mut Warnings,
) {
    let mut sink = Sink::of(boot, problems, warnings);
    let setting = setting(boot.template, None);
    let lints = lint::document(&setting, Form::Multipart, bytes).into_iter();
    for lint in lints.filter(|lint| lint.severity == Severity::Warning) {
        let message = format!("for cluster {}: {}", boot.cluster.name, lint.message);
        let path = sink.path("userData");
        sink.tell(lint, path, message);
    }
}

/// Lints what can be told without a lock: the user's own files, as they are, and the launch templates.
///
/// # Errors
/// Every lint that is an error, at its place in the spec.
pub fn lint_spec(spec: &FleetSpec) -> Result<Vec<RenderWarning>, RenderErrors> {
    let (mut problems, mut warnings) = (Problems::default(), Warnings::default());
    for (index, template) in spec.launch_templates.iter().enumerate() {
        let mut sink = Sink {
            index,
            template,
            problems: &mut problems,
            warnings: &mut warnings,
        };
        let setting = setting(template, template.kubernetes_version);
        match &template.user_data.verbatim {
            Some(file) => {
                let own = verbatim::parts(&decode(&UserDataBlob::of(&file.content)));
                let lints = as_warnings(lint::lint(&setting, &views(&own)));
                parts(lints, &own, &mut sink);
            }
            None => {
                let own = own_parts(template);
                parts(lint::lint(&setting, &views(&own)), &own, &mut sink);
            }
        }
        metadata(&mut sink);
    }
    problems.into_result(warnings.into_found())
}

fn setting(template: &LaunchTemplate, kubernetes: Option<KubernetesVersion>) -> Setting {
    Setting {
        reader: family(template.family).reader(),
        merged: template.pinned_by == PinnedBy::ReleaseVersion,
        kubernetes: template.kubernetes_version.or(kubernetes),
    }
}

/// The user's parts before anything is filled in. What a `*.hbs` file becomes is known with the lock alone.
fn own_parts(template: &LaunchTemplate) -> Vec<RenderedPart> {
    let reader = family(template.family).reader();
    let kind = reader.script_type();
    let user_data = &template.user_data;
    let mut parts = Vec::new();
    let mut add = |origin: String, content_type: &str, body: &[u8]| {
        parts.push(RenderedPart {
            origin,
            content_type: content_type.to_owned(),
            body: body.to_vec(),
        });
    };
    let fixed = |file: &File| !file.path.ends_with(".hbs");
    for (index, step) in user_data.pre_bootstrap.iter().enumerate() {
        let origin = format!("preBootstrap[{index}]");
        match step {
            Script::File(file) if fixed(file) => add(origin, kind, &file.content),
            // It gets a frame with a shebang of its own.
            Script::Run(text) if kind == SHELL && !text.starts_with("#!") => {
                add(origin, kind, format!("#!/bin/bash\n{text}").as_bytes());
            }
            Script::Run(text) => add(origin, kind, text.as_bytes()),
            Script::File(_) => {}
        }
    }
    for (index, part) in user_data
        .parts
        .iter()
        .enumerate()
        .filter(|(_, part)| fixed(&part.file))
    {
        add(
            format!("parts[{index}]"),
            part.content_type.trim(),
            &part.file.content,
        );
    }
    if let Some(file) = user_data
        .override_bootstrap
        .as_ref()
        .filter(|file| fixed(file))
    {
        let script = file.content.starts_with(b"#!");
        let kind = if script {
            SHELL
        } else {
            reader.settings_type()
        };
        add("overrideBootstrap".to_owned(), kind, &file.content);
    }
    parts
}

fn views(parts: &[RenderedPart]) -> Vec<lint::Part<'_>> {
    parts.iter().map(view).collect()
}

fn view(part: &RenderedPart) -> lint::Part<'_> {
    lint::Part {
        content_type: &part.content_type,
        body: &part.body,
        encoding: None,
    }
}

/// Tells lints of parts at the places that these come from.
fn parts(lints: Vec<Lint>, rendered: &[RenderedPart], sink: &mut Sink<'_>) {
    for lint in lints {
        let part = lint.part.and_then(|index| rendered.get(index));
        let origin = part.map_or("", |part| part.origin.as_str());
        let path = sink.path(&format!("userData.{origin}"));
        let message = match part {
            Some(part) => placed(sink.template, part, lint.line, &lint.message),
            None => lint.message.clone(),
        };
        sink.tell(lint, path, message);
    }
}

/// Who reaches instance metadata is decided here, and nowhere else that is seen.
fn metadata(sink: &mut Sink<'_>) {
    let options = &sink.template.metadata_options;
    if options.http_endpoint.as_deref() == Some("disabled") {
        return;
    }
    match options.http_put_response_hop_limit {
        Some(1) => sink.warn(
            Rule::HopLimit,
            "metadataOptions.httpPutResponseHopLimit",
            "with a hop limit of 1 pods on their own network reach no instance metadata: neither its credentials nor its region",
            "set 2 if pods need it, or give them roles of their own (IRSA, Pod Identity) and their region by variable",
        ),
        None => sink.warn(
            Rule::HopLimit,
            "metadataOptions",
            "no hop limit is set, so whether pods reach instance metadata is left to EC2 and EKS, whose defaults differ (without a launch template EKS gives AL2 2 and AL2023 1)",
            "set `httpPutResponseHopLimit`: 2 if pods need instance metadata, 1 if they must not have it",
        ),
        Some(_) => {}
    }
}

/// A Kubernetes that the family never had images for. For EKS's own images that is an error of the spec; with an
/// image of one's own it may work.
fn kubernetes(setting: &Setting, cluster: &Cluster, sink: &mut Sink<'_>) {
    let family = family(sink.template.family);
    let Some(wanted) = setting.kubernetes else {
        return;
    };
    if family.kubernetes(sink.template.variant).has(wanted) {
        return;
    }
    let message = format!(
        "for cluster {}: EKS has no images of this family for Kubernetes {wanted}, and nobody has tried its bootstrap with it",
        cluster.name
    );
    sink.warn(
        Rule::KubernetesVersion,
        "family",
        message,
        format!("use {}", family.instead(wanted)),
    );
}

/// With security groups in the launch template EKS adds none of its own.
fn security_groups(cluster: &Cluster, own: Option<&str>, sink: &mut Sink<'_>) {
    let groups = sink.template.all_security_group_ids();
    if groups.is_empty() || own.is_some_and(|own| groups.contains(&own)) {
        return;
    }
    let name = &cluster.name;
    // The spec's own is told where the spec is read, with the same words.
    if cluster.security_group_id.is_some() {
        sink.warnings
            .met
            .insert((sink.index, Rule::ClusterSecurityGroup));
        return;
    }
    let (message, hint) = match own {
        Some(own) => (
            format!(
                "EKS adds no security group to these, and that of cluster {name}, {own}, is not among them: nodes may not join"
            ),
            format!("add {own}, or make sure that one of these is let in"),
        ),
        None => (
            format!(
                "EKS adds no security group to these, and neither spec nor lock says which is that of cluster {name}: without it nodes may not join"
            ),
            "run `nodemint resolve`, or state the cluster's `securityGroupId`".to_owned(),
        ),
    };
    sink.warn(
        Rule::ClusterSecurityGroup,
        sink.template.security_groups_key(),
        message,
        hint,
    );
}
