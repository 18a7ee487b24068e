//! How many complete user-data documents a second one core renders: `render_speed CASE DOCUMENTS`.
//!
//! CASE is a folder of `golden/`. Every document is for a cluster of another endpoint, so that none is the one
//! before it. Prints one line, which `ci/bench.py` reads: documents, seconds, bytes of all of them in base64, and
//! the peak of resident memory in KiB.

// A program to measure with: it reads files and the clock, and prints.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use nodemint_core::launch_template::UserDataBlob;
use nodemint_core::lock::{self, LockedCluster};
use nodemint_core::render::{Boot, Problems, user_data};
use nodemint_core::spec;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(case), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: render_speed CASE DOCUMENTS".into());
    };
    let count: usize = count.parse()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../golden")
        .join(case);
    let mut read = |path: &str| fs::read(folder.join(path)).map_err(|error| error.to_string());
    let text = fs::read_to_string(folder.join("nodemint.yaml"))?;
    let fleet = spec::load(&text, &mut read)?.spec;
    let lock = lock::parse(&fs::read_to_string(folder.join("nodemint.lock"))?)?;
    let template = fleet.launch_templates.first().ok_or("no launch template")?;
    let name = template.clusters.first().ok_or("no cluster")?;
    let mut clusters = fleet.clusters.iter();
    let cluster = clusters.find(|one| one.name == *name).ok_or("no cluster")?;
    let locked = lock.clusters.get(name).ok_or("not locked")?;

    let began = Instant::now();
    let mut bytes = 0;
    for number in 0..count {
        let locked = LockedCluster {
            endpoint: format!("https://{number:032X}.gr7.us-east-1.eks.amazonaws.com"),
            ..locked.clone()
        };
        let boot = Boot {
            index: 0,
            template,
            cluster,
            locked: &locked,
        };
        let mut problems = Problems::default();
        let rendered = user_data(&boot, &mut problems);
        let rendered = rendered.ok_or_else(|| format!("{problems:?}"))?;
        bytes += UserDataBlob::of(&rendered.bytes).0.len();
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} {seconds:.6} {bytes} {}", peak_memory()?);
    Ok(())
}

/// The kernel's own figure.
fn peak_memory() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.ok_or("no VmHWM in /proc/self/status")?.parse()?)
}
