//! What happens while a plan is carried out: lines for people, a JSON line an event for programs.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nodemint_engine::events::{Event, EventKind, Events, Group, Node, UpdateKind};

use super::ledger::Ledger;
use super::time::span;
use crate::args::Output;
use crate::console::{BAD, CHANGE, Console, DIM, GOOD, NOTE, paint};

/// Tells events as they come.
pub struct Teller {
    console: Console,
    /// Alive on a terminal, silent elsewhere.
    spinner: ProgressBar,
    json: Mutex<()>,
    ledger: Mutex<Ledger>,
}

impl Teller {
    pub fn new(console: Console) -> Self {
        let spinner = ProgressBar::new_spinner();
        if console.quiet || console.output == Output::Json {
            spinner.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}") {
            spinner.set_style(style);
        }
        Self {
            console,
            spinner,
            json: Mutex::new(()),
            ledger: Mutex::default(),
        }
    }

    /// What was done so far.
    pub fn ledger(&self) -> Ledger {
        let ledger = self.ledger.lock();
        // Nothing that holds it can panic.
        ledger.map(|ledger| ledger.clone()).unwrap_or_default()
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        self.spinner.finish_and_clear();
    }

    fn line(&self, at: jiff::Timestamp, text: &str) {
        if self.console.quiet {
            return;
        }
        let line = format!("{} {text}", paint(DIM, at.strftime("%H:%M:%S")));
        self.spinner.suspend(|| self.console.say(&line));
    }
}

impl Events for Teller {
    fn emit(&self, event: Event) {
        if let Ok(mut ledger) = self.ledger.lock() {
            ledger.note(&event.kind);
        }
        if self.console.output == Output::Json {
            // One line at a time, whoever emits.
            let _one = self.json.lock();
            if let Ok(line) = serde_json::to_string(&event) {
                // A reader that is gone does not stop an apply half-way.
                let _ = self.console.answer(&format!("{line}\n"));
            }
            return;
        }
        if let Some(waiting) = waiting_for(&event.kind) {
            self.spinner.set_message(waiting);
            self.spinner
                .enable_steady_tick(std::time::Duration::from_millis(120));
        }
        if let Some(text) = text(&event.kind, self.console.verbose) {
            self.line(event.at, &text);
        }
    }
}

fn name(group: &Group) -> String {
    format!("{}/{}", group.cluster, group.name)
}

fn node_text(node: &Node) -> String {
    format!("{} ({}, {})", node.instance, node.instance_type, node.zone)
}

fn waiting_for(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::GroupCreating { group, .. } => {
            Some(format!("waiting for {} to be ACTIVE", name(group)))
        }
        EventKind::UpdateStarted { group, .. } | EventKind::Attached { group, .. } => {
            Some(format!("waiting for the update of {}", name(group)))
        }
        EventKind::GroupDeleting { group, .. } => {
            Some(format!("waiting for {} to be gone", name(group)))
        }
        _ => None,
    }
}

/// The line for an event; none for those that only machines, or the curious, want.
fn text(kind: &EventKind, verbose: u8) -> Option<String> {
    Some(match kind {
        EventKind::StepStarted { .. } | EventKind::RunEnded { .. } => return None,
        EventKind::Minted {
            site,
            template,
            version,
            hash,
            warning,
        } => {
            let short = hash
                .rsplit(':')
                .next()
                .and_then(|hex| hex.get(..12))
                .unwrap_or(hash);
            let warning = warning
                .as_deref()
                .map(|text| format!("; EC2 warns: {text}"))
                .unwrap_or_default();
            format!(
                "{} launch template {template} in {site}: version {version}, hash {short}{warning}",
                paint(GOOD, "minted")
            )
        }
        EventKind::Found {
            site,
            template,
            version,
        } => {
            format!(
                "{} launch template {template} in {site}: version {version} has this content already",
                paint(GOOD, "found")
            )
        }
        EventKind::GroupCreating {
            group,
            version,
            nodes,
        } => {
            format!(
                "{} node group {} on version {version}, {nodes} nodes",
                paint(CHANGE, "creating"),
                name(group)
            )
        }
        EventKind::UpdateStarted {
            group,
            update,
            kind: UpdateKind::Version,
        } => {
            format!(
                "{} node group {} (update {update})",
                paint(CHANGE, "rolling"),
                name(group)
            )
        }
        EventKind::UpdateStarted {
            group,
            update,
            kind: UpdateKind::Config,
        } => {
            format!(
                "{} node group {} (update {update})",
                paint(CHANGE, "configuring"),
                name(group)
            )
        }
        EventKind::Attached { group, update } => {
            let what = update.as_deref().map_or_else(
                || "its creation".to_owned(),
                |update| format!("update {update}"),
            );
            format!(
                "{} {}: {what} was under way already",
                paint(NOTE, "following"),
                name(group)
            )
        }
        EventKind::NodeStarted { .. } if verbose == 0 => return None,
        EventKind::NodeStarted { node, .. } => {
            format!("  new node {} is starting", node_text(node))
        }
        EventKind::NodeRunning { node, .. } => format!("  new node {} is running", node_text(node)),
        EventKind::NodeReplaced { node, done, of, .. } => {
            format!(
                "  {} old node {} is gone",
                paint(GOOD, format!("{done}/{of}")),
                node_text(node)
            )
        }
        EventKind::NodePutBack { node, .. } => {
            format!(
                "  node {} of the old version is running again",
                node_text(node)
            )
        }
        EventKind::SurgeNodeRemoved { node, .. } => {
            format!("  surge node {} is gone again", node_text(node))
        }
        EventKind::StillWaiting {
            group,
            status,
            minutes,
        } => {
            format!(
                "  {} is {status} since {minutes} minutes; `nodemint status` and EKS's console show its health",
                name(group)
            )
        }
        EventKind::NodesUnseen { group, reason } => {
            format!(
                "{} the nodes of {} cannot be listed, so only the update is followed: {reason}",
                paint(CHANGE, "warning:"),
                name(group)
            )
        }
        EventKind::ReadFailed {
            group,
            reason,
            again_in_seconds,
        } => {
            format!(
                "  looking at {} failed, again in {again_in_seconds} s; the update goes on in AWS: {reason}",
                name(group)
            )
        }
        EventKind::UpdateFailed {
            group,
            update,
            errors,
        } => {
            let shown: Vec<String> = errors
                .iter()
                .map(|issue| {
                    format!(
                        "\n           {}: {} {}",
                        issue.code,
                        issue.message,
                        issue.resource_ids.join(" ")
                    )
                })
                .collect();
            format!(
                "{} update {update} of {}{}",
                paint(BAD, "failed"),
                name(group),
                shown.concat()
            )
        }
        EventKind::GroupActive {
            group,
            version,
            seconds,
        } => {
            let on = version
                .map(|version| format!(" on version {version}"))
                .unwrap_or_default();
            format!(
                "{} node group {}{on}, after {}",
                paint(GOOD, "active"),
                name(group),
                span(*seconds)
            )
        }
        EventKind::GroupDeleting { group, nodes } => {
            format!(
                "{} node group {} with {nodes} nodes",
                paint(CHANGE, "deleting"),
                name(group)
            )
        }
        EventKind::GroupDeleted { group, seconds } => {
            format!(
                "{} node group {}, after {}",
                paint(GOOD, "deleted"),
                name(group),
                span(*seconds)
            )
        }
        EventKind::TemplateTagged { site, template } => {
            format!(
                "{} launch template {site}/{template}",
                paint(GOOD, "tagged")
            )
        }
        EventKind::TagsSet { group } => {
            format!("{} node group {}", paint(GOOD, "tagged"), name(group))
        }
    })
}
