//! What Amazon Linux 2 was told by scripts, as settings of Amazon Linux 2023.

use super::mapping::{Mapping, template};
use super::steps;
use crate::import::Fate;
use crate::lint::Reader;
use crate::spec::rules;
use crate::translate::{Fate as Left, Settings, Translation, bootstrap_script, step};

impl Mapping<'_> {
    /// The arguments of bootstrap.sh become settings, and what stood before the call a step. False if the
    /// script cannot be translated: nothing of it was taken then.
    pub fn translated_bootstrap(&mut self, field: &str, text: &str) -> bool {
        let translation = bootstrap_script(text);
        if translation.blockers().next().is_some() {
            return false;
        }
        let mut to = vec![template("userData")];
        if let Some(kept) = says_something(translation.kept.as_deref()) {
            let step = steps::step(kept.to_owned(), Reader::Nodeadm);
            self.template.user_data.steps.push(step);
            to.push(template("userData.preBootstrap"));
        }
        let note = "the arguments of bootstrap.sh are settings now";
        match translation.settings.is_empty() && to.len() == 1 {
            true => self.left_out(field, "it says nothing that nodeadm does not do by itself"),
            false => self.noted(field, to, note),
        }
        self.tell(field, None, &translation);
        self.settle(translation.settings);
        true
    }

    /// What is left of a preBootstrap command once its settings are taken; empty if nothing is.
    pub fn translated_step(&mut self, field: &str, index: usize, text: String) -> String {
        let translation = step(&text);
        let kept = says_something(translation.kept.as_deref()).unwrap_or_default();
        let kept = match translation.changed {
            true => kept.to_owned(),
            false => text,
        };
        if !translation.settings.is_empty() {
            let reason = "what it set is a setting under `userData` now".to_owned();
            self.also(field, Some(index), Fate::LeftOut { reason });
        }
        self.tell(field, Some(index), &translation);
        self.settle(translation.settings);
        kept
    }

    /// What the translation could not, or did not quite, carry over.
    fn tell(&mut self, field: &str, index: Option<usize>, translation: &Translation) {
        for left in &translation.left {
            let line = left.line.map(|line| format!(", line {line}"));
            let hint = match left.hint.as_str() {
                "" => String::new(),
                hint => format!("; {hint}"),
            };
            let text = format!(
                "{}{}: {}{hint}",
                left.what,
                line.unwrap_or_default(),
                left.why
            );
            let fate = match left.fate {
                Left::Blocks | Left::ByHand | Left::Differs => {
                    self.comment_template("userData", &text);
                    Fate::ToDo { what: text }
                }
                Left::Gone | Left::Covered => Fate::LeftOut { reason: text },
            };
            self.also(field, index, fate);
        }
    }

    /// Puts settings where the spec has them; eksctl's own fields come later, and win.
    fn settle(&mut self, settings: Settings) {
        let data = &mut self.template.user_data;
        data.max_pods = settings.max_pods.or(data.max_pods);
        data.extra_args.extend(settings.extra_args);
        data.kubelet_config.extend(settings.config);
        let labels = settings.node_labels.into_iter();
        data.node_labels
            .extend(labels.filter(|(key, _)| rules::node_label_key(key).is_ok()));
        for taint in settings.taints {
            if !data.taints.contains(&taint) {
                data.taints.push(taint);
            }
        }
        if !settings.cluster_dns.is_empty() {
            data.cluster_dns = settings.cluster_dns;
        }
        data.local_disks = settings.local_disks.or(data.local_disks);
        data.registries.extend(settings.registries);
    }
}

/// A script that does more than name its interpreter.
fn says_something(text: Option<&str>) -> Option<&str> {
    text.filter(|text| {
        let lines = text.lines().map(str::trim);
        lines
            .into_iter()
            .any(|line| !line.is_empty() && !line.starts_with('#'))
    })
}
