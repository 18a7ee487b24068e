//! preBootstrapCommands: one step each, short ones in the spec, the others in files.

use super::draft::{Script, Step};
use super::mapping::{Mapping, template};
use crate::family::family;
use crate::lint::Reader;

/// A longer command reads better in a file of its own.
const LONGEST_LINE: usize = 100;
/// Words that make the name of a file.
const WORDS: usize = 3;

const FIELD: &str = "preBootstrapCommands";
const BOOTHOOK: &str = "#cloud-boothook";

impl Mapping<'_> {
    pub fn steps(&mut self) {
        let commands = self.group.texts(FIELD);
        let reader = family(self.template.family).reader();
        if reader == Reader::Bottlerocket && !commands.is_empty() {
            let what = "Bottlerocket has no shell, and runs no scripts: say it with `settings.bootstrap-containers` or `settings.bootstrap-commands`";
            self.by_hand_template(FIELD, "userData", what);
            return;
        }
        let crlf = commands.iter().any(|command| command.contains("\r\n"));
        let (hooks, empty) = self.take_commands(commands, reader);
        self.tell_steps(hooks, empty, crlf);
    }

    /// How many of the commands were boothooks, and how many said nothing.
    fn take_commands(&mut self, commands: Vec<String>, reader: Reader) -> (usize, usize) {
        let (mut hooks, mut empty) = (0, 0);
        for (index, command) in commands.into_iter().enumerate() {
            // Files of Windows have CRLF, which no shell likes; LF is what every reader takes.
            let command = command.replace("\r\n", "\n");
            let command = match self.from_al2 && !command.starts_with(BOOTHOOK) {
                true => self.translated_step(FIELD, index, command),
                false => command,
            };
            if command.trim().is_empty() {
                empty += 1;
            } else if command.starts_with(BOOTHOOK) && reader != Reader::Windows {
                hooks += 1;
                let script = script(&command, reader);
                self.template
                    .user_data
                    .parts
                    .push(("text/cloud-boothook", script));
            } else {
                self.template.user_data.steps.push(step(command, reader));
            }
        }
        (hooks, empty)
    }

    fn tell_steps(&mut self, hooks: usize, empty: usize, crlf: bool) {
        let mut to = Vec::new();
        if !self.template.user_data.steps.is_empty() {
            to.push(template("userData.preBootstrap"));
        }
        if hooks > 0 {
            to.push(template("userData.parts"));
        }
        if to.is_empty() && empty > 0 {
            let reason = "nothing is left to run: the commands are empty, or became settings";
            self.left_out(FIELD, reason);
            return;
        }
        let mut notes = Vec::new();
        if hooks > 0 {
            notes.push("boothooks run before any step, whatever their place");
        }
        if empty > 0 {
            notes.push("commands that are empty, or became settings, are left out");
        }
        if crlf {
            notes.push("lines end with LF here, not with CRLF");
        }
        match notes.is_empty() {
            true => self.mapped(FIELD, to),
            false => self.noted(FIELD, to, notes.join("; ")),
        }
    }
}

pub(super) fn step(command: String, reader: Reader) -> Step {
    let line = command.trim_end_matches('\n');
    let short = !line.contains('\n') && line.chars().count() <= LONGEST_LINE;
    match short && !line.starts_with('#') {
        true => Step::Run(line.to_owned()),
        false => Step::File(script(&command, reader)),
    }
}

/// A file of a script's text, which names its interpreter.
pub(super) fn script(text: &str, reader: Reader) -> Script {
    let windows = reader == Reader::Windows;
    let mut content = String::new();
    if !windows && !text.starts_with('#') {
        content.push_str("#!/bin/bash\n");
    } else if !windows && !text.starts_with("#!") && !text.starts_with(BOOTHOOK) {
        // A comment is no interpreter.
        content.push_str("#!/bin/bash\n");
    }
    content.push_str(text);
    if !content.ends_with('\n') {
        content.push('\n');
    }
    Script {
        stem: stem(text),
        extension: if windows { "ps1" } else { "sh" },
        content,
    }
}

/// A name from the first words of the first line that says something: `yum install -y jq` → `yum-install`.
/// Words that could be a value (with `=`, `$`, capitals, digits…) end it: names of files are shown.
fn stem(text: &str) -> String {
    let line = text
        .lines()
        .map(|line| line.trim_start_matches(['#', ' ', '\t']).trim_end())
        .find(|line| {
            !line.is_empty() && !line.starts_with(['!', '-']) && !line.starts_with("cloud-")
        });
    let setting = |line: &&str| {
        let first = line.split_whitespace().next();
        matches!(
            first,
            Some("set" | "cat" | "echo" | "export" | "mkdir" | "sudo")
        )
    };
    let words = line.filter(|line| !setting(line)).unwrap_or_default();
    let words = words.split_whitespace().map(str::to_ascii_lowercase);
    let plain = |word: &String| {
        (2..=16).contains(&word.len())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let words: Vec<String> = words.take_while(plain).take(WORDS).collect();
    let words: Vec<&str> = words
        .iter()
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty())
        .collect();
    match words.is_empty() {
        true => "script".to_owned(),
        false => words.join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_what_they_do_and_never_after_values() {
        let rows = [
            ("yum install -y jq", "yum-install-y"),
            (
                "#!/bin/bash\n# Install the agent\ncurl x",
                "install-the-agent",
            ),
            ("#!/bin/bash\nset -eux\nrpm -i x", "script"),
            ("export TOKEN=abc", "script"),
            ("systemctl restart x1y2z3secret", "systemctl-restart"),
            ("", "script"),
        ];
        for (text, name) in rows {
            assert_eq!(stem(text), name, "{text}");
        }
    }

    #[test]
    fn a_script_names_its_interpreter_once() {
        for (text, begins) in [
            ("a\nb", "#!/bin/bash\na\nb\n"),
            ("#!/bin/sh\na\n", "#!/bin/sh\na\n"),
            ("# why\na", "#!/bin/bash\n# why\na\n"),
            ("#cloud-boothook\na", "#cloud-boothook\na\n"),
        ] {
            assert_eq!(script(text, Reader::Nodeadm).content, begins);
        }
        assert_eq!(script("a\nb", Reader::Windows).content, "a\nb\n");
    }
}
