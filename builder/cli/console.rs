//! Where answers, progress and questions go: answers to stdout, everything else to stderr.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

use crate::args::{Color, Global, Output};
use crate::error::AppError;

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    pub output: Output,
    pub quiet: bool,
    pub verbose: u8,
    /// Whether changes in user data are shown line by line: at a terminal, or when asked. Elsewhere answers
    /// end up in logs and pull requests, and user data can hold secrets.
    pub user_data: bool,
    /// columns of the terminal that answers go to; none in a pipe or a file
    pub width: Option<usize>,
}

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const CHANGE: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const NOTE: Style = AnsiColor::Cyan.on_default();

/// `text` in a style; anstream takes the style out again where colours are not wanted.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

impl Console {
    pub fn new(global: &Global) -> Self {
        match global.color {
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        Self {
            output: global.output,
            quiet: global.quiet,
            verbose: global.verbose,
            user_data: global.show_user_data || io::stdout().is_terminal(),
            width: terminal_size::terminal_size_of(io::stdout())
                .map(|(terminal_size::Width(columns), _)| usize::from(columns)),
        }
    }

    /// An answer. A reader that has gone (`| head`) ends the command quietly.
    pub fn answer(&self, text: &str) -> Result<(), AppError> {
        let mut stdout = anstream::stdout().lock();
        match stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(AppError::file(
                "write to",
                std::path::Path::new("standard output"),
                error,
            )),
        }
    }

    pub fn answer_json<T: serde::Serialize>(&self, value: &T) -> Result<(), AppError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| AppError::Sandbox(error.to_string()))?;
        self.answer(&format!("{text}\n"))
    }

    /// A line about what goes on.
    pub fn tell(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// A line that `--quiet` does not silence.
    pub fn say(&self, text: &str) {
        let mut stderr = anstream::stderr().lock();
        // Nobody is left to tell that stderr cannot be written.
        let _ = writeln!(stderr, "{text}");
    }

    pub fn warn(&self, text: &str) {
        self.tell(&format!("{} {text}", paint(CHANGE, "warning:")));
    }

    /// Asks, unless `yes`. Without a terminal there is nobody to ask.
    pub fn confirm(&self, question: &str, yes: bool) -> Result<(), AppError> {
        if yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(AppError::usage(
                "there is no terminal to ask at, and nothing was changed",
                "pass --yes",
            ));
        }
        let mut stderr = anstream::stderr().lock();
        let _ = write!(stderr, "{} {} ", paint(BOLD, question), paint(DIM, "[y/N]"));
        let _ = stderr.flush();
        drop(stderr);
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| {
            AppError::file("read from", std::path::Path::new("the terminal"), error)
        })?;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(AppError::Declined),
        }
    }
}
