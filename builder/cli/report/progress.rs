//! How far a long read of AWS has come: a moving line at a terminal, nothing in a pipe.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nodemint_core::site::Site;
use nodemint_engine::ports::{Cloud, CloudError, Clouds};

use crate::args::Output;
use crate::console::Console;

/// AWS, with a line that says which of the regions are being asked by now.
pub struct Watched<'a> {
    clouds: &'a dyn Clouds,
    line: ProgressBar,
    asked: Mutex<BTreeSet<Site>>,
}

impl<'a> Watched<'a> {
    /// `sites`: how many there are to ask, at most.
    pub fn new(clouds: &'a dyn Clouds, sites: usize, console: &Console) -> Self {
        // One to stderr is silent by itself unless that is a terminal.
        let line = ProgressBar::new(sites as u64);
        if console.quiet || console.output == Output::Json {
            line.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) =
            ProgressStyle::with_template("  {spinner} asking AWS: region {pos} of {len} {msg}")
        {
            line.set_style(style);
        }
        Self {
            clouds,
            line,
            asked: Mutex::default(),
        }
    }
}

impl Drop for Watched<'_> {
    /// Takes the moving line away.
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}

#[async_trait]
impl Clouds for Watched<'_> {
    async fn at(&self, site: &Site) -> Result<Arc<dyn Cloud>, CloudError> {
        {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.insert(site.clone());
            self.line.set_position(asked.len() as u64);
        }
        self.line.set_message(format!("({})", site.region));
        self.line.enable_steady_tick(Duration::from_millis(120));
        self.clouds.at(site).await
    }
}
