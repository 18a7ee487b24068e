//! What a run has done, in a sentence, and how to go back from there.

use jiff::Timestamp;
use nodemint_core::plan::{Op, Plan, Purpose, Roll, Step, way_back};
use nodemint_engine::events::{EventKind, UpdateKind};

use super::few;
use super::time::span;

/// Ways back that are shown; hundreds would bury the rest, and each reads like the others.
const WAYS_SHOWN: usize = 10;

/// Counts what happened, by the events that tell it.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// the number of the step that is being done, or was the last
    step: usize,
    minted: usize,
    found: usize,
    creating: usize,
    rolling: usize,
    configured: usize,
    followed: usize,
    tagged: usize,
    deleting: usize,
}

impl Ledger {
    pub fn note(&mut self, event: &EventKind) {
        match event {
            EventKind::StepStarted { number, .. } => self.step = *number,
            EventKind::Minted { .. } => self.minted += 1,
            EventKind::Found { .. } => self.found += 1,
            EventKind::GroupCreating { .. } => self.creating += 1,
            EventKind::UpdateStarted { kind, .. } => match kind {
                UpdateKind::Version => self.rolling += 1,
                UpdateKind::Config => self.configured += 1,
            },
            EventKind::Attached { .. } => self.followed += 1,
            EventKind::TagsSet { .. } => self.tagged += 1,
            EventKind::GroupDeleting { .. } => self.deleting += 1,
            _ => {}
        }
    }

    /// `1 version minted, 2 node groups rolled`; none: nothing that counts.
    fn sentence(&self, finished: bool) -> Option<String> {
        let version = |done: &'static str| ("version", "versions", done);
        let group = |done: &'static str| ("node group", "node groups", done);
        let (created, rolled, deleted) = match finished {
            true => ("created", "rolled", "deleted"),
            false => ("begun", "begun to roll", "begun to delete"),
        };
        let parts = [
            (self.minted, version("minted")),
            (self.found, version("found")),
            (self.creating, group(created)),
            (self.tagged, group("tagged")),
            (self.configured, group("configured")),
            (self.rolling, group(rolled)),
            (self.followed, group("followed")),
            (self.deleting, group(deleted)),
        ];
        let counted = parts.into_iter().filter(|(number, _)| *number > 0);
        let told: Vec<String> = counted
            .map(|(number, (one, many, done))| {
                let what = if number == 1 { one } else { many };
                format!("{number} {what} {done}")
            })
            .collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// How a run ended that did all of its plan, and how to go back.
    pub fn done(&self, plan: &Plan, seconds: i64) -> String {
        let what = match plan.purpose {
            Purpose::Apply => "Applied",
            Purpose::Rollback => "Rolled back",
            Purpose::Replace => "Done",
        };
        let mut text = format!("{what} in {}", span(seconds));
        if let Some(sentence) = self.sentence(true) {
            text.push_str(&format!(": {sentence}"));
        }
        text.push('.');
        text
    }

    /// The node groups whose every step was done before the one that failed.
    fn finished(&self, plan: &Plan) -> Vec<String> {
        let groups = |steps: &[Step]| -> Vec<String> {
            let names = steps.iter().filter_map(|step| step.op.group());
            names
                .map(|(cluster, name)| format!("{cluster}/{name}"))
                .collect()
        };
        let at = self.step.saturating_sub(1).min(plan.steps.len());
        let (before, rest) = plan.steps.split_at(at);
        let open = groups(rest);
        let mut finished = groups(before);
        finished.retain(|name| !open.contains(name));
        finished.dedup();
        finished
    }

    /// What a run that failed has done before, and what it did not come to. None: it did not begin.
    pub fn left(&self, plan: &Plan) -> Option<String> {
        if self.step == 0 {
            return None;
        }
        let mut done = self.sentence(false).unwrap_or_else(|| "nothing".to_owned());
        let finished = self.finished(plan);
        if !finished.is_empty() {
            done.push_str(&format!(" (finished: {})", few(&finished)));
        }
        let rest: Vec<&str> = plan
            .steps
            .iter()
            .skip(self.step)
            .map(|step| step.id.as_str())
            .collect();
        let rest = match rest.is_empty() {
            true => "it was the last step".to_owned(),
            false => format!("not begun: {}", few(&rest)),
        };
        Some(format!(
            "Until then: {done}. The run ended in step {} of {}; {rest}.",
            self.step,
            plan.steps.len()
        ))
    }
}

/// The commands that take the plan's rolls back, as far as there is a way.
pub fn ways_back(plan: &Plan) -> Vec<String> {
    let clusters = plan.base.scope.clusters.len();
    let back = |step: &Step| match &step.op {
        Op::UpdateNodeGroupVersion(roll) => Some(way(roll, way_back(plan, roll)?, clusters > 1)),
        _ => None,
    };
    let mut ways: Vec<String> = plan.steps.iter().filter_map(back).collect();
    let more = ways.len().saturating_sub(WAYS_SHOWN);
    if more > 0 {
        ways.truncate(WAYS_SHOWN);
        ways.push(format!("… and likewise for {more} more"));
    }
    ways
}

fn way(roll: &Roll, version: i64, name_cluster: bool) -> String {
    let cluster = match name_cluster {
        true => format!(" --cluster {}", roll.cluster),
        false => String::new(),
    };
    format!("nodemint rollback {}{cluster} --to {version}", roll.group)
}

/// Whole seconds between two moments.
pub fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs().max(0)
}
